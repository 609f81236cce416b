-- What was confirmed about the collector of a call in the twelve months before it.
SELECT
    findings.code, findings.severity, count(*) AS confirmed, max(other.started_at) AS last_at
FROM visible_calls($scope_team, $scope_bank, $scope_agent) AS calls
JOIN visible_calls($scope_team, $scope_bank, $scope_agent) AS other USING (agent_id)
JOIN findings ON findings.call_id = other.call_id
WHERE calls.call_id = $call_id AND findings.status = 'confirmed'
    AND other.call_id <> calls.call_id
    AND other.started_at BETWEEN calls.started_at - INTERVAL 12 MONTH AND calls.started_at
GROUP BY findings.code, findings.severity
ORDER BY confirmed DESC, findings.code;
