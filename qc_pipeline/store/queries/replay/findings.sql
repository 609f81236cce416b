-- Every finding of the calls in `batch`, also what was superseded: a verdict on it still stands.
SELECT * FROM findings
WHERE call_id IN (SELECT call_id FROM batch)
ORDER BY call_id, finding_id;
