SELECT
    finding_id, call_id, code, sub_code, severity, detector, rule_id, rule_version, speaker,
    listener, utterance_index, start_s, end_s, utterance, matched, score, reasons
FROM suppressed
WHERE list_contains($call_ids::VARCHAR[], call_id)
ORDER BY call_id, start_s, finding_id;
