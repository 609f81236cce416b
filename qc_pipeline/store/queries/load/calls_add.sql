INSERT INTO calls (
    call_id, started_at, agent_id, recording, duration_s, answered_at, talk_s, answered,
    direction, purpose, dial_mode, hangup_cause, team, phone, callee, customer_id, case_id,
    bank, product, channels, agent_note, note_at, source, extra, phone_key, record_hash,
    first_scan_id
)
SELECT
    call_id, started_at, agent_id, recording, duration_s, answered_at, talk_s, answered,
    direction, purpose, dial_mode, hangup_cause, team, phone, callee, customer_id, case_id,
    bank, product, channels, agent_note, note_at, source, extra, phone_key, record_hash,
    $scan_id
FROM batch;
