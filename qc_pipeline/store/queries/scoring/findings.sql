-- Findings that a card may rest on. A superseded one counts only if a human has judged it.
SELECT * FROM findings
WHERE (superseded_at IS NULL OR status IN ('confirmed', 'rejected', 'overturned'))
    AND ($everything OR call_id IN (SELECT unnest(CAST($call_ids AS VARCHAR[]))))
ORDER BY call_id, finding_id;
