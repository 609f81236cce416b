SELECT
    case_id, agent_id, call_id, code, severity, state, conduct_at, opened_at, changed_at,
    findings, suspended_from, notified_at, occurrence_same, occurrence_any, level, level_to,
    consequences, ladder_rows, open_points, policy_version, linked_to
FROM discipline_cases;
