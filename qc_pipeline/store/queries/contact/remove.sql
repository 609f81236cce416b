-- Findings that no longer hold; what a human has touched stays, marked.
DELETE FROM findings
WHERE finding_id IN (SELECT finding_id FROM batch)
    AND NOT held AND status NOT IN ('confirmed', 'rejected', 'overturned');

UPDATE findings SET superseded_at = now()
WHERE finding_id IN (SELECT finding_id FROM batch) AND superseded_at IS NULL;
