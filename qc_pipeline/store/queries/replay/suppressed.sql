SELECT call_id, code, rule_id, utterance_index, reasons FROM suppressed
WHERE call_id IN (SELECT call_id FROM batch)
ORDER BY call_id, rowid;
