-- Sampled calls that somebody heard, each with how likely it was to be chosen: by the share of all,
-- or as one of the least number of its collector and month.
WITH quiet AS (
    SELECT calls.call_id, calls.agent_id, date_trunc('month', calls.started_at) AS month
    FROM calls
    WHERE calls.state IN ('scanned', 'mismatch')
        AND (CAST($since AS TIMESTAMPTZ) IS NULL OR calls.started_at >= $since)
        AND (CAST($until AS TIMESTAMPTZ) IS NULL OR calls.started_at < $until)
        AND ($bank IS NULL OR calls.bank = $bank)
        AND ($team IS NULL OR calls.team = $team)
        AND ($agent IS NULL OR calls.agent_id = $agent)
        AND NOT EXISTS (
            SELECT 1 FROM findings
            WHERE findings.call_id = calls.call_id AND findings.superseded_at IS NULL
                AND findings.detector <> 'human'
                AND (CAST($since AS TIMESTAMPTZ) IS NULL OR findings.day >= CAST($since AS DATE))
                AND (CAST($until AS TIMESTAMPTZ) IS NULL OR findings.day <= CAST($until AS DATE))
        )
),

sized AS (
    SELECT *, count(*) OVER (PARTITION BY agent_id, month) AS of_agent_month FROM quiet
),

upheld AS (
    SELECT call_id, list(DISTINCT code ORDER BY code) AS codes
    FROM findings
    WHERE detector = 'human' AND status = 'confirmed'
        AND (CAST($since AS TIMESTAMPTZ) IS NULL OR findings.day >= CAST($since AS DATE))
        AND (CAST($until AS TIMESTAMPTZ) IS NULL OR findings.day <= CAST($until AS DATE))
    GROUP BY call_id
)

SELECT
    sized.call_id,
    greatest($share, least(1.0, $least / sized.of_agent_month)) AS chance,
    coalesce(upheld.codes, []) AS codes
FROM sized
JOIN sample_reviews AS samples USING (call_id)
LEFT JOIN upheld USING (call_id)
ORDER BY sized.call_id;
