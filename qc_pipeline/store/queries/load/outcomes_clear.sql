-- Make room for another detection of the same calls. What a human has touched stays.
DELETE FROM utterances WHERE call_id IN (SELECT call_id FROM batch);
DELETE FROM suppressed WHERE call_id IN (SELECT call_id FROM batch);
DELETE FROM events WHERE call_id IN (SELECT call_id FROM batch);
DELETE FROM listeners WHERE call_id IN (SELECT call_id FROM batch);

DELETE FROM findings
WHERE call_id IN (SELECT call_id FROM batch)
    AND detector NOT IN ('contact', 'human')
    AND NOT held
    AND status NOT IN ('confirmed', 'rejected', 'overturned')
    AND finding_id NOT IN (SELECT unnest(finding_ids) FROM batch);

UPDATE findings SET superseded_at = now()
WHERE call_id IN (SELECT call_id FROM batch)
    AND detector NOT IN ('contact', 'human')
    AND superseded_at IS NULL
    AND finding_id NOT IN (SELECT unnest(finding_ids) FROM batch);
