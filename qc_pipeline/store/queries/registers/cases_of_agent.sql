SELECT
    case_id, agent_id, call_id, code, severity, state, conduct_at, opened_at, changed_at,
    findings, suspended_from, notified_at, occurrence_same, occurrence_any, level, level_to,
    consequences, ladder_rows, open_points, policy_version, linked_to, basis, facts, loss_yuan,
    effect_assessed, complaints, notice_way, received_at, receipt, objection_due, objected_at,
    objection, hearing, chosen_level, chosen_consequences, amounts, choice_reason, proposed_by,
    approved_by, gate_by, gate, sanction_notified_at, sanction_received_at, appeal_due,
    accepted_at, due_uncertain, executed_by, executed_at, referral, to_return_yuan, handled_by
FROM discipline_cases
WHERE agent_id = $agent_id;
