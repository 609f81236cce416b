SELECT
    call_id, index, speaker, start_s, end_s, level_dbfs, louder_db, pace, pause_before_s, overlap_s,
    interrupts
FROM utterances
WHERE level_dbfs IS NOT NULL
ORDER BY call_id, index;
