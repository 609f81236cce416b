-- A collector's own confirmed findings. No reviewer's name is in it.
SELECT
    findings.finding_id, findings.call_id, findings.code, findings.severity, findings.status,
    findings.start_s, findings.end_s, findings.utterance, findings.matched, calls.started_at,
    calls.recording_key
FROM findings
JOIN visible_calls($scope_team, $scope_bank, $scope_agent) AS calls USING (call_id)
WHERE findings.status IN ('confirmed', 'overturned') AND findings.responsible_party = 'agent'
    AND ($finding_id IS NULL OR findings.finding_id = $finding_id)
ORDER BY calls.started_at DESC, findings.start_s;
