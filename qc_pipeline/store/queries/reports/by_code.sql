-- Violations by code: calls with one that people confirmed, critical ones, and what waits.
SELECT
    findings.code,
    count(DISTINCT findings.call_id) FILTER (
        WHERE findings.status = 'confirmed' AND findings.responsible_party = 'agent'
    ) AS violating,
    count(*) FILTER (
        WHERE findings.status = 'confirmed' AND findings.responsible_party = 'agent'
            AND findings.severity = 'critical'
    ) AS critical,
    count(*) FILTER (
        WHERE findings.status IN ('open', 'quarantined') AND findings.superseded_at IS NULL
    ) AS waiting
FROM findings
JOIN calls USING (call_id)
WHERE (CAST($since AS TIMESTAMPTZ) IS NULL OR calls.started_at >= $since)
    AND (CAST($until AS TIMESTAMPTZ) IS NULL OR calls.started_at < $until)
    AND (CAST($since AS TIMESTAMPTZ) IS NULL OR findings.day >= CAST($since AS DATE))
    AND (CAST($until AS TIMESTAMPTZ) IS NULL OR findings.day <= CAST($until AS DATE))
    AND ($bank IS NULL OR calls.bank = $bank)
    AND ($team IS NULL OR calls.team = $team)
    AND ($agent IS NULL OR calls.agent_id = $agent)
GROUP BY findings.code
ORDER BY critical DESC, violating DESC, waiting DESC, findings.code;
