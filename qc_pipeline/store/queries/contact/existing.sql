SELECT
    finding_id, machine_severity AS severity, code, rule_id, rule_version, responsible_party,
    matched, score, machine_status, reasons, policy_version,
    superseded_at IS NOT NULL AS superseded
FROM findings
WHERE detector = 'contact' AND call_id IN (SELECT call_id FROM contact_scope);
