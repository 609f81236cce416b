SELECT tasks.tier, tasks.weight, calls.started_at
FROM call_tasks AS tasks
JOIN visible_calls($scope_team, $scope_bank, $scope_agent) AS calls USING (call_id)
WHERE tasks.call_id = $call_id;
