SELECT call_id, state, state_reason AS reason FROM calls ORDER BY call_id;
