-- What was heard in calls that the linked registers keep: disputes, objections, promises to pay,
-- with their words in order. Nothing is given twice, nor what a person has entered for the call.
SELECT
    c.call_id, c.agent_id, c.case_id, c.phone, c.started_at, e.kind,
    list(
        {'words': e.matched, 'detail': e.detail, 'start_s': e.start_s}
        ORDER BY e.start_s, e.utterance_index
    ) AS heard
FROM events AS e JOIN calls AS c USING (call_id)
WHERE c.started_at IS NOT NULL
    AND CASE e.kind
        WHEN 'dispute' THEN
            (c.case_id IS NOT NULL OR c.phone IS NOT NULL)
            AND c.call_id NOT IN (SELECT call_id FROM disputes WHERE call_id IS NOT NULL)
        WHEN 'objection' THEN
            c.call_id NOT IN (SELECT call_id FROM objections WHERE call_id IS NOT NULL)
        WHEN 'promise' THEN
            c.case_id IS NOT NULL
            AND c.call_id NOT IN (SELECT call_id FROM promises WHERE call_id IS NOT NULL)
        ELSE false
    END
GROUP BY ALL
ORDER BY c.call_id, e.kind;
