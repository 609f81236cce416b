-- Everything that was done to reach one customer: dials and messages, by time, with the hashes of
-- recordings and what was found in each.
WITH mine AS (
    SELECT DISTINCT case_id FROM (
        SELECT case_id FROM calls WHERE customer_id = $customer
        UNION ALL
        SELECT case_id FROM cases WHERE customer_id = $customer
    )
    WHERE case_id IS NOT NULL
)

SELECT
    calls.started_at AS moment, 'call' AS kind, calls.call_id AS reference, calls.agent_id,
    calls.case_id, calls.phone, calls.callee, calls.direction, calls.purpose, calls.answered,
    calls.talk_s, calls.state, calls.recording_sha256,
    (
        SELECT list(DISTINCT code || ':' || status ORDER BY code || ':' || status)
        FROM findings
        WHERE findings.call_id = calls.call_id AND findings.superseded_at IS NULL
    ) AS findings,
    '' AS text
FROM calls
WHERE calls.customer_id = $customer OR calls.case_id IN (SELECT case_id FROM mine)
UNION ALL
SELECT
    messages.sent_at, 'message', coalesce(messages.channel, ''), NULL, messages.case_id,
    messages.phone, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, messages.text
FROM messages
WHERE messages.known_to IS NULL AND messages.case_id IN (SELECT case_id FROM mine)
ORDER BY moment, reference;
