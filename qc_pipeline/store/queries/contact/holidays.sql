-- MD-03. `batch` has the kind of every day that is a holiday.
SELECT
    d.call_id, d.started_at, d.dial_mode, d.certain, d.day, h.kind,
    d.callback IS NULL AS grant_undated
FROM contact_dials AS d
INNER JOIN batch AS h ON h.day = d.day
WHERE NOT coalesce(d.callback, false)
ORDER BY d.call_id;
