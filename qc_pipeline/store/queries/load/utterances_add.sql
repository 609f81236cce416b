INSERT INTO utterances (
    call_id, index, speaker, listener, start_s, end_s, text, raw_text, confidence, suspect,
    channel
)
SELECT
    call_id, index, speaker, listener, start_s, end_s, text, raw_text, confidence, suspect,
    channel
FROM batch;
