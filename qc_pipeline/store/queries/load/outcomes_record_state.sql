-- The call ended without a detection: say so, forget the key so that it is tried again.
UPDATE calls SET
    state = b.state, state_reason = b.state_reason, artefact_key = NULL,
    recording_sha256 = coalesce(b.recording_sha256, calls.recording_sha256),
    recording_key = coalesce(b.recording_key, calls.recording_key),
    recording_container = coalesce(b.recording_container, calls.recording_container),
    recording_codec = coalesce(b.recording_codec, calls.recording_codec),
    recording_sample_rate = coalesce(b.recording_sample_rate, calls.recording_sample_rate),
    recording_channels = coalesce(b.recording_channels, calls.recording_channels),
    recording_duration_s = coalesce(b.recording_duration_s, calls.recording_duration_s),
    recording_bytes = coalesce(b.recording_bytes, calls.recording_bytes)
FROM batch AS b
WHERE calls.call_id = b.call_id;
