SELECT
    call_id, recording_sha256 AS sha256, recording_key AS key, recording_container AS container,
    recording_codec AS codec, recording_sample_rate AS sample_rate,
    recording_channels AS channels, recording_duration_s AS duration_s,
    recording_bytes AS size_bytes, transcript_config, transcript_model
FROM calls
WHERE recording_sha256 IS NOT NULL AND list_contains($call_ids::VARCHAR[], call_id)
ORDER BY call_id;
