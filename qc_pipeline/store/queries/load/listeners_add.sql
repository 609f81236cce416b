INSERT INTO listeners (
    call_id, from_utterance, role, reason
)
SELECT
    call_id, from_utterance, role, reason
FROM batch;
