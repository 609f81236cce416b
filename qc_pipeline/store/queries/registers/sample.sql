SELECT call_id, heard_by, heard_at, clean, findings, note FROM sample_reviews WHERE call_id = $call_id;
