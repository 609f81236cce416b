-- Calls that were listened to, without any finding, whose card isn't there or isn't clean by the
-- policy in force when they were made (`batch`: since, version).
SELECT c.call_id, p.version AS policy_version
FROM (
    SELECT calls.call_id, CAST(calls.started_at AS DATE) AS day
    FROM calls
    WHERE calls.state IN ('scanned', 'mismatch')
        AND ($everything OR calls.call_id IN (SELECT unnest(CAST($call_ids AS VARCHAR[]))))
        AND NOT EXISTS (
            SELECT 1 FROM findings AS f
            WHERE f.call_id = calls.call_id
                AND (f.superseded_at IS NULL OR f.status IN ('confirmed', 'rejected', 'overturned'))
        )
) AS c
ASOF JOIN batch AS p ON c.day >= p.since
LEFT JOIN scores AS s ON s.call_id = c.call_id
WHERE s.call_id IS NULL OR s.policy_version <> p.version OR len(s.codes) > 0
    OR s.machine_score IS DISTINCT FROM $machine_score OR s.state <> 'provisional'
ORDER BY c.call_id;
