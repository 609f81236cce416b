SELECT
    findings.finding_id, findings.call_id, findings.code, findings.severity, findings.status,
    findings.responsible_party, findings.superseded_at, calls.agent_id,
    calls.started_at AS conduct_at
FROM findings
JOIN calls USING (call_id)
WHERE findings.finding_id = $finding_id;
