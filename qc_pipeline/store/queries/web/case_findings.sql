SELECT
    findings.finding_id, findings.call_id, findings.code, findings.severity, findings.status,
    findings.start_s, findings.end_s, findings.utterance, findings.matched
FROM findings
JOIN visible_calls($scope_team, $scope_bank, $scope_agent) AS calls USING (call_id)
WHERE list_contains($finding_ids::VARCHAR[], findings.finding_id)
ORDER BY findings.start_s, findings.finding_id;
