-- The calls of a batch of call ids, oldest first.
SELECT
    call_id, started_at, agent_id, recording, duration_s, answered_at, talk_s, answered,
    direction, purpose, dial_mode, hangup_cause, team, phone, callee, customer_id, case_id, bank,
    product, channels, agent_note, note_at, source, CAST(extra AS VARCHAR) AS extra,
    first_scan_id, state, artefact_key, rules_version, policy_version, transcript_config,
    recording_sha256, recording_key, recording_container, recording_codec, recording_sample_rate,
    recording_channels, recording_duration_s, recording_bytes
FROM calls
WHERE started_at IS NOT NULL AND call_id IN (SELECT call_id FROM batch)
ORDER BY started_at, call_id;
