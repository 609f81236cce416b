SELECT call_id, index, speaker, listener, start_s, end_s, text, raw_text, confidence, suspect, channel
FROM utterances
WHERE list_contains($call_ids::VARCHAR[], call_id)
ORDER BY call_id, index;
