-- A finding as the machine made it, for whoever judges it.
SELECT
    findings.finding_id, findings.call_id, coalesce(findings.machine_code, findings.code) AS code,
    findings.machine_severity AS severity, findings.status,
    coalesce(findings.machine_responsible_party, findings.responsible_party) AS responsible_party,
    findings.superseded_at, calls.agent_id, calls.started_at AS conduct_at
FROM findings
JOIN calls USING (call_id)
WHERE findings.finding_id = $finding_id;
