-- Calls in which an emergency was heard that nobody has taken over: its first words.
SELECT
    events.call_id, calls.agent_id, calls.started_at, events.matched, events.start_s,
    utterances.end_s, coalesce(utterances.text, events.matched) AS utterance
FROM events
JOIN calls USING (call_id)
LEFT JOIN utterances
    ON utterances.call_id = events.call_id AND utterances.index = events.utterance_index
ANTI JOIN emergencies AS known ON known.call_id = events.call_id
WHERE events.kind = 'emergency'
QUALIFY row_number() OVER (
    PARTITION BY events.call_id ORDER BY events.start_s, events.utterance_index
) = 1
ORDER BY calls.started_at, events.call_id
LIMIT $most;
