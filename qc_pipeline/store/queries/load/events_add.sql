INSERT INTO events (
    call_id, kind, utterance_index, start_s, matched, detail
)
SELECT
    call_id, kind, utterance_index, start_s, matched, detail
FROM batch;
