SELECT state, count(*) AS calls
FROM calls
WHERE (CAST($since AS TIMESTAMPTZ) IS NULL OR started_at >= $since)
    AND (CAST($until AS TIMESTAMPTZ) IS NULL OR started_at < $until)
    AND ($bank IS NULL OR bank = $bank)
    AND ($team IS NULL OR team = $team)
    AND ($agent IS NULL OR agent_id = $agent)
GROUP BY state
ORDER BY calls DESC, state;
