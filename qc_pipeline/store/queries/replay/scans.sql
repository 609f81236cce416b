-- When each scan began and which tables it had; of one that was cut off, all tables so far.
SELECT
    s.scan_id, s.started_at,
    coalesce(
        CAST(json_extract(s.summary, '$.tables') AS VARCHAR[]),
        (SELECT list(DISTINCT t.table_name) FROM table_snapshots AS t
            WHERE t.loaded_at <= s.started_at)
    ) AS tables
FROM scans AS s
ORDER BY s.started_at DESC;
