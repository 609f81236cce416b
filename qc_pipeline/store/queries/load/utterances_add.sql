INSERT INTO utterances (
    call_id, index, speaker, listener, start_s, end_s, text, raw_text, confidence, suspect,
    channel, level_dbfs, louder_db, pace, pause_before_s, overlap_s, interrupts, day
)
SELECT
    call_id, index, speaker, listener, start_s, end_s, text, raw_text, confidence, suspect,
    channel, level_dbfs, louder_db, pace, pause_before_s, overlap_s, interrupts, day
FROM batch;
