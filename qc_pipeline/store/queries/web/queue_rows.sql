-- The tasks at these places of the queue, whole, in the same order.
SELECT *
FROM visible_tasks($scope_team, $scope_bank, $scope_agent)
WHERE row_number IN (SELECT unnest(CAST($row_numbers AS BIGINT[])))
ORDER BY tier, weight DESC, started_at, call_id;
