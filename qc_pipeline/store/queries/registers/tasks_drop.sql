DELETE FROM call_tasks WHERE call_id IN (SELECT unnest(CAST($call_ids AS VARCHAR[])));
