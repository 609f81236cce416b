SELECT call_id, record_hash FROM calls WHERE call_id IN (SELECT unnest(CAST($call_ids AS VARCHAR[])));
