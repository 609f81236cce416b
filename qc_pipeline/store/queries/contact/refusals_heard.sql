-- POLICY "Stop flags": whoever heard a number's refusal himself is bound by it at once. Not by one
-- that a person refused to flag or lifted again; once a flag is in force, that one binds.
WITH heard AS (
    SELECT
        c.agent_id, c.phone_key, c.call_id, c.started_at,
        coalesce(arg_max(l.role, l.from_utterance), c.callee) AS listener,
        any_value(e.matched) AS words
    FROM events AS e
    INNER JOIN calls AS c USING (call_id)
    LEFT JOIN listeners AS l ON l.call_id = e.call_id AND l.from_utterance <= e.utterance_index
    WHERE e.kind = 'refusal' AND c.phone_key IS NOT NULL AND c.agent_id IS NOT NULL
    GROUP BY c.agent_id, c.phone_key, c.call_id, c.started_at, c.callee
)
SELECT
    d.call_id, d.started_at, d.dial_mode, d.certain, d.callback IS NULL AS grant_undated,
    arg_max(h.call_id, h.started_at) AS heard_in, max(h.started_at) AS heard_at,
    arg_max(h.listener, h.started_at) AS listener, arg_max(h.words, h.started_at) AS words
FROM contact_dials AS d
INNER JOIN calls AS c USING (call_id)
INNER JOIN heard AS h
    ON h.phone_key = d.phone_key AND h.agent_id = c.agent_id AND h.started_at < d.started_at
WHERE NOT coalesce(d.callback, false)
    AND NOT EXISTS (
        SELECT 1 FROM stop_flags AS f
        WHERE f.basis = 'call:' || h.call_id
            AND f.kind IN ('third_party_refused', 'do_not_collect')
            AND (f.state IN ('refused', 'lifted') OR f.decided_at < d.started_at)
    )
GROUP BY ALL
ORDER BY d.call_id;
