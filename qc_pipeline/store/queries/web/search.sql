-- Lines of calls one may see, newest first: with these words, of calls with a finding of this code.
SELECT
    calls.call_id, calls.started_at, calls.agent_id, calls.team, calls.bank,
    lines.index, lines.speaker, lines.start_s, lines.text,
    lag(lines.text) OVER (PARTITION BY lines.call_id ORDER BY lines.index) AS before,
    lead(lines.text) OVER (PARTITION BY lines.call_id ORDER BY lines.index) AS after
FROM visible_calls($scope_team, $scope_bank, $scope_agent) AS calls
JOIN utterances AS lines USING (call_id)
WHERE calls.started_at >= $since AND calls.started_at < $until
    AND ($agent IS NULL OR calls.agent_id = $agent)
    AND ($team IS NULL OR calls.team = $team)
    AND ($bank IS NULL OR calls.bank = $bank)
    AND ($code IS NULL OR EXISTS (
        SELECT 1 FROM findings
        WHERE findings.call_id = calls.call_id AND findings.code = $code
            AND findings.superseded_at IS NULL
            AND ($status IS NULL OR findings.status = $status)
    ))
QUALIFY contains(lines.text, $words)
ORDER BY calls.started_at DESC, calls.call_id, lines.index
LIMIT $most;
