SELECT call_id, record_hash FROM calls WHERE call_id IN (SELECT call_id FROM batch);
