-- Every call record of a period and whether its recording can be had; a gap with its reason.
SELECT
    call_id, started_at, agent_id, team, bank, case_id, customer_id, phone, answered, talk_s,
    recording_key IS NOT NULL AS recording_kept, recording_sha256, recording_duration_s, state,
    CASE WHEN recording_key IS NULL THEN state_reason ELSE '' END AS gap
FROM calls
WHERE (CAST($since AS TIMESTAMPTZ) IS NULL OR started_at >= $since)
    AND (CAST($until AS TIMESTAMPTZ) IS NULL OR started_at < $until)
    AND ($bank IS NULL OR bank = $bank)
    AND ($team IS NULL OR team = $team)
    AND ($agent IS NULL OR agent_id = $agent)
ORDER BY started_at, call_id;
