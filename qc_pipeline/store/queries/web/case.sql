SELECT cases.case_id, cases.agent_id
FROM discipline_cases AS cases
JOIN visible_calls($scope_team, $scope_bank, $scope_agent) AS calls USING (call_id)
WHERE cases.case_id = $case_id;
