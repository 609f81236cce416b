-- Disciplinary cases that count, first ones and repeats, by part.
SELECT
    coalesce(CASE $by
        WHEN 'agent' THEN cases.agent_id
        WHEN 'team' THEN calls.team
        WHEN 'bank' THEN calls.bank
        WHEN 'month' THEN strftime(cases.conduct_at, '%Y-%m')
        WHEN 'week' THEN strftime(cases.conduct_at, '%G-W%V')
        WHEN 'hour' THEN strftime(cases.conduct_at, '%H')
    END, '') AS part,
    count(*) FILTER (WHERE cases.occurrence_any = 1) AS first_cases,
    count(*) FILTER (WHERE cases.occurrence_any > 1) AS repeat_cases
FROM discipline_cases AS cases
JOIN calls USING (call_id)
WHERE cases.occurrence_any IS NOT NULL
    AND (CAST($since AS TIMESTAMPTZ) IS NULL OR cases.conduct_at >= $since)
    AND (CAST($until AS TIMESTAMPTZ) IS NULL OR cases.conduct_at < $until)
    AND ($bank IS NULL OR calls.bank = $bank)
    AND ($team IS NULL OR calls.team = $team)
    AND ($agent IS NULL OR calls.agent_id = $agent)
    AND ($code IS NULL OR cases.code = $code)
GROUP BY part;
