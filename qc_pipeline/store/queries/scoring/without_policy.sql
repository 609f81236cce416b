-- Calls that should have a card, but were made when no policy was in force, or nobody knows when.
SELECT calls.call_id, calls.started_at
FROM calls
WHERE ($everything OR calls.call_id IN (SELECT unnest(CAST($call_ids AS VARCHAR[]))))
    AND (calls.started_at IS NULL OR CAST(calls.started_at AS DATE) < $first_day)
    AND (
        calls.state IN ('scanned', 'mismatch')
        OR calls.call_id IN (
            SELECT call_id FROM findings
            WHERE superseded_at IS NULL OR status IN ('confirmed', 'rejected', 'overturned')
        )
    )
ORDER BY calls.call_id;
