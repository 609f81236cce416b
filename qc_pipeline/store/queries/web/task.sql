-- Where a call stands in the queue.
SELECT tasks.tier, tasks.weight, tasks.started_at
FROM visible_tasks($scope_team, $scope_bank, $scope_agent) AS tasks
WHERE tasks.call_id = $call_id;
