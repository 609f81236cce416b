-- Calls that were answered, as far as known, and of how many the recording is kept.
SELECT
    count(*) FILTER (WHERE coalesce(answered, true)) AS answered,
    count(*) FILTER (WHERE coalesce(answered, true) AND recording_key IS NOT NULL) AS kept
FROM calls
WHERE (CAST($since AS TIMESTAMPTZ) IS NULL OR started_at >= $since)
    AND (CAST($until AS TIMESTAMPTZ) IS NULL OR started_at < $until)
    AND ($bank IS NULL OR bank = $bank)
    AND ($team IS NULL OR team = $team)
    AND ($agent IS NULL OR agent_id = $agent);
