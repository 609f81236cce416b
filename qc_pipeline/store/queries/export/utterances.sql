SELECT
    call_id, index, speaker, listener, start_s, end_s, text, raw_text, confidence, suspect
FROM utterances
ORDER BY call_id, index;
