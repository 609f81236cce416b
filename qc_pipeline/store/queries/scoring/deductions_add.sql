INSERT INTO deductions (call_id, position, code, severity, points, finding_ids)
SELECT call_id, position, code, severity, points, finding_ids FROM batch;
