-- What people said of the machine's findings, by rule. A finding counts under the code the machine
-- gave it; one that waits for a second reviewer is not decided yet. What people said stands in the
-- finding (`registers/mark_finding`): the reviews need not be looked through.
SELECT
    coalesce(findings.machine_code, findings.code) AS code,
    findings.rule_id,
    arg_max(findings.rule_version, findings.created_at) AS rule_version,
    count(*) AS found,
    count(*) FILTER (
        WHERE findings.status = 'confirmed'
            AND findings.code = coalesce(findings.machine_code, findings.code)
    ) AS confirmed,
    count(*) FILTER (
        WHERE findings.status = 'confirmed' AND findings.code <> findings.machine_code
    ) AS recoded,
    count(*) FILTER (WHERE findings.status = 'rejected') AS rejected,
    count(*) FILTER (WHERE findings.status = 'overturned') AS overturned
FROM findings
JOIN calls USING (call_id)
WHERE findings.detector <> 'human'
    AND (findings.superseded_at IS NULL OR findings.held)
    AND (CAST($since AS TIMESTAMPTZ) IS NULL OR calls.started_at >= $since)
    AND (CAST($until AS TIMESTAMPTZ) IS NULL OR calls.started_at < $until)
    AND (CAST($since AS TIMESTAMPTZ) IS NULL OR findings.day >= CAST($since AS DATE))
    AND (CAST($until AS TIMESTAMPTZ) IS NULL OR findings.day <= CAST($until AS DATE))
    AND ($bank IS NULL OR calls.bank = $bank)
    AND ($team IS NULL OR calls.team = $team)
    AND ($agent IS NULL OR calls.agent_id = $agent)
GROUP BY ALL
ORDER BY code, rule_id;
