-- Calls with their recordings: what a complaint's evidence consists of. `record` is the call record
-- as it was imported, as JSON text.
SELECT
    call_id, recording_sha256, recording_key, state, state_reason,
    CAST(to_json(struct_pack(
        call_id, started_at := CAST(epoch_us(started_at) AS VARCHAR), agent_id, recording,
        duration_s, talk_s, answered, direction, purpose, dial_mode, hangup_cause, team, phone,
        callee, customer_id, case_id, bank, product, agent_note, source
    )) AS VARCHAR) AS record
FROM calls
WHERE list_contains($call_ids::VARCHAR[], call_id)
ORDER BY call_id;
