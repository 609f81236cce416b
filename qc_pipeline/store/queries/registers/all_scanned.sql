SELECT count(*) > 0 AND bool_and(state = 'scanned') AS all_scanned
FROM calls
WHERE list_contains($call_ids::VARCHAR[], call_id);
