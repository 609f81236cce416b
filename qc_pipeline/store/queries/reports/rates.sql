-- Violations that people confirmed against collectors, per part (agent, team, bank, month, week,
-- hour) with the calls that were heard as denominator; what waits stands apart.
WITH heard AS (
    SELECT
        call_id,
        CASE $by
            WHEN 'agent' THEN agent_id
            WHEN 'team' THEN team
            WHEN 'bank' THEN bank
            WHEN 'month' THEN strftime(started_at, '%Y-%m')
            WHEN 'week' THEN strftime(started_at, '%G-W%V')
            WHEN 'hour' THEN strftime(started_at, '%H')
        END AS part,
        state IN ('scanned', 'mismatch') AS heard
    FROM calls
    WHERE (CAST($since AS TIMESTAMPTZ) IS NULL OR started_at >= $since)
        AND (CAST($until AS TIMESTAMPTZ) IS NULL OR started_at < $until)
        AND ($bank IS NULL OR bank = $bank)
        AND ($team IS NULL OR team = $team)
        AND ($agent IS NULL OR agent_id = $agent)
),

judged AS (
    SELECT
        call_id,
        count(*) FILTER (WHERE status = 'confirmed' AND responsible_party = 'agent') AS confirmed,
        count(*) FILTER (
            WHERE status = 'confirmed' AND responsible_party = 'agent' AND severity = 'critical'
        ) AS critical,
        count(*) FILTER (WHERE status IN ('open', 'quarantined') AND superseded_at IS NULL) AS waiting
    FROM findings
    WHERE ($code IS NULL OR code = $code)
        AND (CAST($since AS TIMESTAMPTZ) IS NULL OR findings.day >= CAST($since AS DATE))
        AND (CAST($until AS TIMESTAMPTZ) IS NULL OR findings.day <= CAST($until AS DATE))
    GROUP BY call_id
)

SELECT
    coalesce(part, '') AS part,
    count(*) AS calls,
    count(*) FILTER (WHERE heard) AS heard,
    count(*) FILTER (WHERE heard AND confirmed > 0) AS violating,
    coalesce(sum(confirmed), 0)::BIGINT AS confirmed,
    coalesce(sum(critical), 0)::BIGINT AS critical,
    coalesce(sum(waiting), 0)::BIGINT AS waiting
FROM heard
LEFT JOIN judged USING (call_id)
GROUP BY part
ORDER BY part;
