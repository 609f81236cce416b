SELECT call_id, text
FROM utterances
WHERE list_contains($call_ids::VARCHAR[], call_id);
