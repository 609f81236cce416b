INSERT OR REPLACE INTO complaints (
    complaint_id, state, channel, received_at, proposed_at, logged_at, first_reply_due,
    first_reply_at, decision_due, decided_at, due_uncertain, calls, case_id, agent_id, words,
    proposed, decided_by, note, policy_version
) VALUES (
    $complaint_id, $state, $channel, $received_at, $proposed_at, $logged_at, $first_reply_due,
    $first_reply_at, $decision_due, $decided_at, $due_uncertain, $calls, $case_id, $agent_id,
    $words, $proposed, $decided_by, $note, $policy_version
);
