INSERT OR REPLACE INTO objections (
    objection_id, state, kind, text, raised_at, recorded_by, recorded_at, case_id, call_id,
    agent_id, reply_due, due_uncertain, replied_by, replied_at, answer, breached_at
) VALUES (
    $objection_id, $state, $kind, $text, $raised_at, $recorded_by, $recorded_at, $case_id,
    $call_id, $agent_id, $reply_due, $due_uncertain, $replied_by, $replied_at, $answer,
    $breached_at
);
