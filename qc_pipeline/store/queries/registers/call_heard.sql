SELECT call_id, agent_id, started_at, state, recording_duration_s
FROM calls
WHERE call_id = $call_id;
