-- The call, severity and span of a finding, if it may be seen.
SELECT
    findings.finding_id, findings.call_id, findings.code, findings.severity, findings.status,
    findings.start_s, findings.end_s, calls.agent_id
FROM findings
JOIN visible_calls($scope_team, $scope_bank, $scope_agent) AS calls USING (call_id)
WHERE findings.finding_id = $finding_id;
