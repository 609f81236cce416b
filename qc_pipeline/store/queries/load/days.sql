-- The days of these calls. By a list, which uses the key's index; a join would read every call.
SELECT call_id, CAST(started_at AS DATE) AS day
FROM calls
WHERE call_id IN (SELECT unnest(CAST($call_ids AS VARCHAR[])));
