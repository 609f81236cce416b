SELECT calls.recording_key, calls.recording_sha256
FROM visible_calls($scope_team, $scope_bank, $scope_agent) AS calls
WHERE calls.call_id = $call_id;
