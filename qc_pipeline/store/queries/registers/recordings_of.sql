-- Calls with their recordings: what a complaint's evidence consists of.
SELECT call_id, recording_sha256, recording_key, record_hash, state, state_reason
FROM calls
WHERE list_contains($call_ids::VARCHAR[], call_id)
ORDER BY call_id;
