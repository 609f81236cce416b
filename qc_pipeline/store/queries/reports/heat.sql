-- Calls heard and violations confirmed against collectors, by weekday (1 = Monday) and hour.
WITH judged AS (
    SELECT call_id, count(*) AS confirmed
    FROM findings
    WHERE status = 'confirmed' AND responsible_party = 'agent'
        AND (CAST($since AS TIMESTAMPTZ) IS NULL OR findings.day >= CAST($since AS DATE))
        AND (CAST($until AS TIMESTAMPTZ) IS NULL OR findings.day <= CAST($until AS DATE))
    GROUP BY call_id
)

SELECT
    isodow(CAST(calls.started_at AS TIMESTAMP)) AS weekday,
    hour(CAST(calls.started_at AS TIMESTAMP)) AS hour,
    count(*) AS heard,
    count(judged.call_id) AS violating
FROM calls
LEFT JOIN judged USING (call_id)
WHERE calls.state IN ('scanned', 'mismatch')
    AND (CAST($since AS TIMESTAMPTZ) IS NULL OR calls.started_at >= $since)
    AND (CAST($until AS TIMESTAMPTZ) IS NULL OR calls.started_at < $until)
    AND ($bank IS NULL OR calls.bank = $bank)
    AND ($team IS NULL OR calls.team = $team)
    AND ($agent IS NULL OR calls.agent_id = $agent)
GROUP BY weekday, hour
ORDER BY weekday, hour;
