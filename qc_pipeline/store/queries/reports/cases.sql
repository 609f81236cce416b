SELECT
    case_id, agent_id, call_id, code, severity, state, conduct_at, occurrence_same,
    occurrence_any, level, level_to, consequences, open_points, findings
FROM discipline_cases
ORDER BY conduct_at, case_id;
