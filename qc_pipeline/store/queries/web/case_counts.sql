SELECT cases.state, count(*) AS cases
FROM discipline_cases AS cases
JOIN visible_calls($scope_team, $scope_bank, $scope_agent) AS calls USING (call_id)
GROUP BY cases.state
ORDER BY cases.state;
