-- Of the calls of a span, what figures about them need.
SELECT call_id, started_at, agent_id, team, bank, state, answered, recording_key
FROM calls
WHERE (CAST($since AS TIMESTAMPTZ) IS NULL OR started_at >= $since)
    AND (CAST($until AS TIMESTAMPTZ) IS NULL OR started_at < $until)
    AND ($bank IS NULL OR bank = $bank)
    AND ($team IS NULL OR team = $team)
    AND ($agent IS NULL OR agent_id = $agent);
