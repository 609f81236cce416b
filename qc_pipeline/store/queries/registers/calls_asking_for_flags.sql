-- Calls in which something was heard that asks for a stop flag, with the words. A refusal counts
-- as a third party's when the listener of that moment was one, else as the customer's.
WITH heard AS (
    SELECT
        e.call_id, e.kind, e.start_s, e.utterance_index, e.matched,
        arg_max(l.role, l.from_utterance) AS listener
    FROM events AS e
    LEFT JOIN listeners AS l
        ON l.call_id = e.call_id AND l.from_utterance <= e.utterance_index
    WHERE e.kind IN ('refusal', 'dispute', 'emergency')
    GROUP BY ALL
)
SELECT
    c.call_id, c.agent_id, c.case_id, c.phone,
    CASE
        WHEN h.kind <> 'refusal' THEN h.kind
        WHEN coalesce(h.listener, c.callee) = 'third_party' THEN 'third_party_refused'
        ELSE 'do_not_collect'
    END AS kind,
    list(h.matched ORDER BY h.start_s, h.utterance_index) AS words
FROM heard AS h JOIN calls AS c USING (call_id)
WHERE c.case_id IS NOT NULL OR c.phone_key IS NOT NULL
GROUP BY ALL
ORDER BY c.call_id, kind;
