INSERT OR REPLACE INTO finding_reviews (
    finding_id, call_id, code, responsible_party, machine_severity, severity, state, first_by,
    first_at, decided_by, decided_at, reason, note, machine_code, machine_responsible_party,
    first_code, first_severity, first_responsible_party, unsure_by
) VALUES (
    $finding_id, $call_id, $code, $responsible_party, $machine_severity, $severity, $state,
    $first_by, $first_at, $decided_by, $decided_at, $reason, $note, $machine_code,
    $machine_responsible_party, $first_code, $first_severity, $first_responsible_party,
    $unsure_by
);
