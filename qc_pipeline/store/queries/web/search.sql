-- Lines of calls one may see, newest first: with these words, or that sound like them (`$sounding`,
-- a regular expression), of calls with a finding of this code; each with the lines around it.
WITH seen AS (
    SELECT calls.call_id, calls.started_at, calls.agent_id, calls.team, calls.bank
    FROM visible_calls($scope_team, $scope_bank, $scope_agent) AS calls
    WHERE calls.started_at >= $since AND calls.started_at < $until
        AND ($agent IS NULL OR calls.agent_id = $agent)
        AND ($team IS NULL OR calls.team = $team)
        AND ($bank IS NULL OR calls.bank = $bank)
        AND ($code IS NULL OR EXISTS (
            SELECT 1 FROM findings
            WHERE findings.call_id = calls.call_id AND findings.code = $code
                AND findings.day BETWEEN CAST($since AS DATE) AND CAST($until AS DATE)
                AND findings.superseded_at IS NULL
                AND ($status IS NULL OR findings.status = $status)
        ))
),

hits AS (
    SELECT seen.*, lines.index, lines.speaker, lines.start_s, lines.text, lines.day
    FROM seen
    JOIN utterances AS lines USING (call_id)
    WHERE lines.day BETWEEN CAST($since AS DATE) AND CAST($until AS DATE)
        AND CASE
            WHEN $sounding IS NULL THEN contains(lines.text, $words)
            ELSE regexp_matches(lines.text, $sounding)
        END
    ORDER BY seen.started_at DESC, seen.call_id, lines.index
    LIMIT $most
)

SELECT hits.* EXCLUDE (day), earlier.text AS before, later.text AS after
FROM hits
LEFT JOIN utterances AS earlier
    ON earlier.day = hits.day AND earlier.call_id = hits.call_id
    AND earlier.index = hits.index - 1
LEFT JOIN utterances AS later
    ON later.day = hits.day AND later.call_id = hits.call_id AND later.index = hits.index + 1
ORDER BY hits.started_at DESC, hits.call_id, hits.index;
