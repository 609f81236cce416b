SELECT
    check_id, state, bank, reference, question, received_at, recorded_by, recorded_at, due_at,
    calls, agents, case_id, phone, about_at, agent_id, code, had_found, findings, answer,
    answered_by, answered_at, breached_at, bank_result, closed_at
FROM spot_checks
WHERE check_id = $check_id;
