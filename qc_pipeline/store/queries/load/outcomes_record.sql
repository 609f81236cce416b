UPDATE calls SET
    state = b.state, state_reason = b.state_reason, artefact_key = b.artefact_key,
    recording_sha256 = b.recording_sha256, recording_key = b.recording_key,
    recording_container = b.recording_container, recording_codec = b.recording_codec,
    recording_sample_rate = b.recording_sample_rate,
    recording_channels = b.recording_channels,
    recording_duration_s = b.recording_duration_s, recording_bytes = b.recording_bytes,
    transcript_config = b.transcript_config, transcript_model = b.transcript_model,
    role_source = b.role_source, role_confidence = b.role_confidence, speech_s = b.speech_s,
    rules_version = b.rules_version, policy_version = b.policy_version
FROM batch AS b
WHERE calls.call_id = b.call_id;
