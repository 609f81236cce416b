-- A collector's own cases from their notice on. No reviewer's name is in it.
SELECT
    case_id, call_id, code, severity, state, conduct_at, notified_at, received_at, objection_due,
    objected_at, objection, chosen_level, chosen_consequences, sanction_notified_at,
    sanction_received_at, appeal_due, accepted_at
FROM discipline_cases
WHERE agent_id = $scope_agent AND notified_at IS NOT NULL
    AND $scope_team IS NOT DISTINCT FROM NULL AND $scope_bank IS NOT DISTINCT FROM NULL
ORDER BY conduct_at DESC, case_id;
