-- How many calls of that collector were heard in the same months.
SELECT count(*) AS heard
FROM visible_calls($scope_team, $scope_bank, $scope_agent) AS calls
JOIN visible_calls($scope_team, $scope_bank, $scope_agent) AS other USING (agent_id)
WHERE calls.call_id = $call_id AND other.state IN ('scanned', 'mismatch')
    AND other.started_at BETWEEN calls.started_at - INTERVAL 12 MONTH AND calls.started_at;
