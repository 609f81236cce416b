-- How many calls of a period were heard without a finding by the machine, and in how many people
-- confirmed what the machine had found.
SELECT
    count(*) FILTER (WHERE NOT flagged) AS quiet,
    count(*) FILTER (WHERE violating) AS violating,
    count(*) FILTER (WHERE waiting) AS waiting
FROM (
    SELECT
        calls.call_id,
        count(findings.finding_id) FILTER (
            WHERE findings.superseded_at IS NULL AND findings.detector <> 'human'
        ) > 0 AS flagged,
        count(findings.finding_id) FILTER (
            WHERE findings.status = 'confirmed' AND findings.detector <> 'human'
        ) > 0 AS violating,
        count(findings.finding_id) FILTER (
            WHERE findings.status IN ('open', 'quarantined') AND findings.superseded_at IS NULL
        ) > 0 AS waiting
    FROM calls
    LEFT JOIN findings
        ON findings.call_id = calls.call_id
        AND (CAST($since AS TIMESTAMPTZ) IS NULL OR findings.day >= CAST($since AS DATE))
        AND (CAST($until AS TIMESTAMPTZ) IS NULL OR findings.day <= CAST($until AS DATE))
    WHERE calls.state IN ('scanned', 'mismatch')
        AND (CAST($since AS TIMESTAMPTZ) IS NULL OR calls.started_at >= $since)
        AND (CAST($until AS TIMESTAMPTZ) IS NULL OR calls.started_at < $until)
        AND ($bank IS NULL OR calls.bank = $bank)
        AND ($team IS NULL OR calls.team = $team)
        AND ($agent IS NULL OR calls.agent_id = $agent)
    GROUP BY calls.call_id
);
