-- What people said of the machine's findings, by rule. A finding counts under the code the machine
-- gave it; one that waits for a second reviewer is not decided yet.
SELECT
    coalesce(findings.machine_code, findings.code) AS code,
    findings.rule_id,
    arg_max(findings.rule_version, findings.created_at) AS rule_version,
    count(*) AS found,
    count(*) FILTER (
        WHERE reviews.state = 'confirmed' AND reviews.code = reviews.machine_code
    ) AS confirmed,
    count(*) FILTER (
        WHERE reviews.state = 'confirmed' AND reviews.code <> reviews.machine_code
    ) AS recoded,
    count(*) FILTER (WHERE reviews.state = 'rejected') AS rejected,
    count(*) FILTER (WHERE reviews.state = 'overturned') AS overturned
FROM findings
JOIN calls USING (call_id)
LEFT JOIN finding_reviews AS reviews USING (finding_id)
WHERE findings.detector <> 'human'
    AND (findings.superseded_at IS NULL OR reviews.state IS NOT NULL)
    AND (CAST($since AS TIMESTAMPTZ) IS NULL OR calls.started_at >= $since)
    AND (CAST($until AS TIMESTAMPTZ) IS NULL OR calls.started_at < $until)
    AND ($bank IS NULL OR calls.bank = $bank)
    AND ($team IS NULL OR calls.team = $team)
    AND ($agent IS NULL OR calls.agent_id = $agent)
GROUP BY ALL
ORDER BY code, rule_id;
