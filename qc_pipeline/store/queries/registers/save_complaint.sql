INSERT OR REPLACE INTO complaints (
    complaint_id, state, channel, received_at, proposed_at, logged_at, first_reply_due,
    first_reply_at, decision_due, decided_at, due_uncertain, calls, case_id, agent_id, words,
    proposed, decided_by, note, policy_version, clocks, met, breaches, reference, phone,
    customer_id, bank, bank_due_at, complainant, agents, triage, complex_case, team, team_at,
    contacted_at, paused_at, evidence, gaps, preliminary, reply, last_progress_at,
    extension_approval, decision, validity, upheld_at, codes, satisfaction, exit_approval,
    transfer, resolved_at, withdrawn_at, archive, bank_receipt, closed_at, reopened, handled_by
) VALUES (
    $complaint_id, $state, $channel, $received_at, $proposed_at, $logged_at, $first_reply_due,
    $first_reply_at, $decision_due, $decided_at, $due_uncertain, $calls, $case_id, $agent_id,
    $words, $proposed, $decided_by, $note, $policy_version, $clocks, $met, $breaches,
    $reference, $phone, $customer_id, $bank, $bank_due_at, $complainant, $agents, $triage,
    $complex_case, $team, $team_at, $contacted_at, $paused_at, $evidence, $gaps, $preliminary,
    $reply, $last_progress_at, $extension_approval, $decision, $validity, $upheld_at, $codes,
    $satisfaction, $exit_approval, $transfer, $resolved_at, $withdrawn_at, $archive,
    $bank_receipt, $closed_at, $reopened, $handled_by
);
