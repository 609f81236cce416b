SELECT call_id, agent_id, case_id, phone, phone_key, customer_id, bank, started_at
FROM calls
WHERE call_id = $call_id;
