-- The findings asked for by name, or all that stand in these calls.
SELECT
    finding_id, call_id, code, sub_code, severity, detector, rule_id, rule_version, speaker,
    listener, responsible_party, utterance_index, start_offset, end_offset, start_s, end_s,
    utterance, matched, score, status, machine_status, machine_severity, reasons, rules_version,
    policy_version, created_at, superseded_at
FROM findings
WHERE list_contains($finding_ids::VARCHAR[], finding_id)
    OR (superseded_at IS NULL AND list_contains($whole_calls::VARCHAR[], call_id))
ORDER BY call_id, start_s, finding_id;
