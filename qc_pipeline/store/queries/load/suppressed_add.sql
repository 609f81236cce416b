INSERT INTO suppressed (
    finding_id, call_id, code, sub_code, severity, detector, rule_id, rule_version, speaker,
    listener, responsible_party, utterance_index, start_offset, end_offset, start_s, end_s,
    utterance, matched, score, status, reasons, created_at, day
)
SELECT
    finding_id, call_id, code, sub_code, severity, detector, rule_id, rule_version, speaker,
    listener, responsible_party, utterance_index, start_offset, end_offset, start_s, end_s,
    utterance, matched, score, status, reasons, created_at, day
FROM batch;
