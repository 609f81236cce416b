SELECT call_id, index, text, listener, start_s, end_s
FROM utterances
WHERE call_id = $call_id AND index = $index;
