SELECT agent_id, started_at FROM calls WHERE call_id = $call_id;
