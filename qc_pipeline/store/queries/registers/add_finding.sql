-- A finding that a person added. It isn't in any detection, and stays through a re-scan.
INSERT INTO findings (
    finding_id, call_id, code, severity, detector, rule_id, rule_version, speaker, listener,
    responsible_party, utterance_index, start_s, end_s, utterance, matched, score, status,
    machine_status, machine_severity, reasons, rules_version, policy_version, created_at, held, day
) VALUES (
    $finding_id, $call_id, $code, $severity, 'human', 'human', '1', 'agent', $listener,
    'agent', $utterance_index, $start_s, $end_s, $utterance, $utterance, 1.0, 'open',
    'open', $severity, $reasons, '', '', $created_at, true,
    (SELECT CAST(calls.started_at AS DATE) FROM calls WHERE calls.call_id = $call_id)
)
ON CONFLICT DO NOTHING;
