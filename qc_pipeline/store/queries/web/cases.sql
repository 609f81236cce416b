-- Disciplinary cases of calls one may see, those that changed last first.
SELECT
    cases.case_id, cases.agent_id, cases.call_id, cases.code, cases.severity, cases.state,
    cases.conduct_at, cases.changed_at, cases.occurrence_same, cases.occurrence_any, cases.level,
    cases.level_to, cases.chosen_level, cases.basis
FROM discipline_cases AS cases
JOIN visible_calls($scope_team, $scope_bank, $scope_agent) AS calls USING (call_id)
WHERE ($state IS NULL OR cases.state = $state)
    AND ($agent IS NULL OR cases.agent_id = $agent)
    AND ($code IS NULL OR cases.code = $code)
ORDER BY cases.changed_at DESC, cases.case_id
LIMIT $most;
