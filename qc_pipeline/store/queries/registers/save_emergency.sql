INSERT OR REPLACE INTO emergencies (
    call_id, state, acknowledged_by, acknowledged_at, note, case_id, phone, agent_id,
    signalled_at, superior, steps, signed_by, signed_at, sign_note, closed_at
) VALUES (
    $call_id, $state, $acknowledged_by, $acknowledged_at, $note, $case_id, $phone, $agent_id,
    $signalled_at, $superior, $steps, $signed_by, $signed_at, $sign_note, $closed_at
);
