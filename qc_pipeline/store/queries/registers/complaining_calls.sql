-- Calls in which the customer spoke of complaining and from which nothing is proposed yet.
SELECT
    calls.call_id, calls.agent_id, calls.case_id, calls.started_at,
    list(events.matched ORDER BY events.start_s, events.utterance_index) AS words,
    calls.phone, calls.customer_id, calls.bank
FROM events
JOIN calls USING (call_id)
WHERE events.kind = 'complaint'
GROUP BY ALL
ORDER BY calls.started_at, calls.call_id;
