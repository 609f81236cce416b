DELETE FROM deductions WHERE call_id IN (SELECT call_id FROM batch);
DELETE FROM scores WHERE call_id IN (SELECT call_id FROM batch);
