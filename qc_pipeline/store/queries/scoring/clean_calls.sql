-- Calls that were listened to, without any finding, whose card isn't there or isn't clean.
SELECT c.call_id
FROM calls AS c
LEFT JOIN scores AS s ON s.call_id = c.call_id
WHERE c.state IN ('scanned', 'mismatch')
    AND ($everything OR c.call_id IN (SELECT unnest(CAST($call_ids AS VARCHAR[]))))
    AND NOT EXISTS (
        SELECT 1 FROM findings AS f
        WHERE f.call_id = c.call_id
            AND (f.superseded_at IS NULL OR f.status IN ('confirmed', 'rejected', 'overturned'))
    )
    AND (s.call_id IS NULL OR s.policy_version <> $policy_version OR len(s.codes) > 0
        OR s.machine_score <> $machine_score OR s.state <> 'provisional')
ORDER BY c.call_id;
