SELECT
    finding_id, call_id, code, responsible_party, machine_severity, severity, state, first_by,
    first_at, decided_by, decided_at, reason, note
FROM finding_reviews
WHERE call_id = $call_id AND code = $code;
