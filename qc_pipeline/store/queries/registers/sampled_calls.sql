-- Calls that were heard, in which nothing stands, and which the seed chose: a share of all, and of
-- each collector and month at least some. Those somebody has listened to count, but don't come again.
WITH quiet AS (
    SELECT
        calls.call_id, calls.agent_id, calls.started_at, calls.recording_duration_s,
        left(md5($seed || '/' || calls.call_id), 8) AS draw
    FROM calls
    WHERE calls.state IN ('scanned', 'mismatch')
        AND NOT EXISTS (
            SELECT 1 FROM findings
            WHERE findings.call_id = calls.call_id AND findings.superseded_at IS NULL
                AND findings.detector <> 'human'
        )
),

drawn AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY agent_id, date_trunc('month', started_at) ORDER BY draw, call_id
        ) AS place
    FROM quiet
)

SELECT call_id, agent_id, started_at, recording_duration_s
FROM drawn
WHERE ($everything OR draw < $below OR place <= $least)
    AND call_id NOT IN (SELECT call_id FROM sample_reviews)
    AND agent_id IS DISTINCT FROM $reviewer
ORDER BY started_at, call_id
LIMIT $most;
