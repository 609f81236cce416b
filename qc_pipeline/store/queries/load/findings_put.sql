-- A verdict survives, with the severity people gave it: only what the machine says is brought
-- up to date.
INSERT INTO findings (
    finding_id, call_id, code, sub_code, severity, detector, rule_id, rule_version, speaker,
    listener, responsible_party, utterance_index, start_offset, end_offset, start_s, end_s,
    utterance, matched, score, reasons, rules_version, policy_version, status,
    machine_status, machine_severity, created_at, day
)
SELECT
    finding_id, call_id, code, sub_code, severity, detector, rule_id, rule_version, speaker,
    listener, responsible_party, utterance_index, start_offset, end_offset, start_s, end_s,
    utterance, matched, score, reasons, rules_version, policy_version, status,
    status, severity, created_at, day
FROM batch
ON CONFLICT (finding_id) DO UPDATE SET
    call_id = excluded.call_id, day = excluded.day, sub_code = excluded.sub_code,
    detector = excluded.detector, rule_id = excluded.rule_id,
    rule_version = excluded.rule_version, speaker = excluded.speaker,
    listener = excluded.listener,
    code = CASE WHEN findings.status = 'confirmed' THEN findings.code ELSE excluded.code END,
    responsible_party = CASE
        WHEN findings.status = 'confirmed' THEN findings.responsible_party
        ELSE excluded.responsible_party
    END,
    machine_code = CASE WHEN findings.held THEN excluded.code ELSE findings.machine_code END,
    machine_responsible_party = CASE
        WHEN findings.held THEN excluded.responsible_party
        ELSE findings.machine_responsible_party
    END,
    utterance_index = excluded.utterance_index, start_offset = excluded.start_offset,
    end_offset = excluded.end_offset, start_s = excluded.start_s, end_s = excluded.end_s,
    utterance = excluded.utterance, matched = excluded.matched, score = excluded.score,
    reasons = excluded.reasons, rules_version = excluded.rules_version,
    policy_version = excluded.policy_version,
    machine_status = excluded.machine_status,
    machine_severity = excluded.machine_severity,
    severity = CASE
        WHEN findings.status = 'confirmed' THEN findings.severity ELSE excluded.severity
    END,
    status = CASE
        WHEN findings.status IN ('confirmed', 'rejected', 'overturned') THEN findings.status
        ELSE excluded.status
    END,
    superseded_at = NULL;
