INSERT INTO events (
    call_id, kind, utterance_index, start_s, matched, detail, day
)
SELECT
    call_id, kind, utterance_index, start_s, matched, detail, day
FROM batch;
