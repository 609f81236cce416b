SELECT
    complaint_id, state, channel, received_at, first_reply_due, decision_due, due_uncertain,
    calls, agent_id, words, proposed, breaches, triage, validity
FROM complaints
ORDER BY first_reply_due, complaint_id;
