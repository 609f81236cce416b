-- When the calls of those findings were, and what became of them.
SELECT call_id, state, started_at
FROM calls
WHERE ($everything OR call_id IN (SELECT unnest(CAST($call_ids AS VARCHAR[]))))
    AND call_id IN (
        SELECT call_id FROM findings
        WHERE superseded_at IS NULL OR status IN ('confirmed', 'rejected', 'overturned')
    );
