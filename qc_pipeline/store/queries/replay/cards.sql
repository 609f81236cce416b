SELECT call_id, machine_score, human_score, passed, critical FROM scores
WHERE call_id IN (SELECT call_id FROM batch);
