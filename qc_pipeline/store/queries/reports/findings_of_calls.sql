-- Of the findings of those calls, what figures about them need.
SELECT
    finding_id, call_id, code, machine_code, severity, status, detector, rule_id, rule_version,
    responsible_party, superseded_at, created_at
FROM findings
SEMI JOIN calls USING (call_id);
