SELECT call_id, index, speaker, start_s, end_s, text, raw_text, confidence, suspect, channel
FROM utterances
WHERE list_contains($call_ids, call_id)
ORDER BY call_id, index;
