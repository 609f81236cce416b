-- Proposed complaints, the one due first on top, with the words that opened them.
SELECT
    complaints.complaint_id, complaints.calls[1] AS call_id, complaints.agent_id,
    complaints.received_at, complaints.first_reply_due, complaints.due_uncertain,
    complaints.words, events.start_s, utterances.end_s, utterances.text AS utterance
FROM complaints
LEFT JOIN events ON events.call_id = complaints.calls[1] AND events.kind = 'complaint'
LEFT JOIN utterances
    ON utterances.call_id = events.call_id AND utterances.index = events.utterance_index
WHERE complaints.proposed
QUALIFY row_number() OVER (
    PARTITION BY complaints.complaint_id ORDER BY events.start_s, events.utterance_index
) = 1
ORDER BY complaints.first_reply_due, complaints.complaint_id
LIMIT $most;
