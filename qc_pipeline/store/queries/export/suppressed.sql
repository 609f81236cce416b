SELECT
    finding_id, call_id, code, sub_code, severity, detector, rule_id, rule_version, speaker,
    listener, responsible_party, utterance_index, start_s, end_s, utterance, matched, score,
    status, reasons, created_at
FROM suppressed
ORDER BY call_id, utterance_index NULLS LAST, start_offset, code, finding_id;
