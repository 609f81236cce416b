-- Calls one may see with a finding of this code and status, newest first, each with its first one.
SELECT
    calls.call_id, calls.started_at, calls.agent_id, calls.team, calls.bank,
    arg_min(findings.utterance_index, findings.start_s) AS index, 'agent' AS speaker,
    min(findings.start_s) AS start_s, arg_min(findings.utterance, findings.start_s) AS text,
    NULL AS before, NULL AS after
FROM visible_calls($scope_team, $scope_bank, $scope_agent) AS calls
JOIN findings USING (call_id)
WHERE calls.started_at >= $since AND calls.started_at < $until
    AND findings.day BETWEEN CAST($since AS DATE) AND CAST($until AS DATE)
    AND findings.superseded_at IS NULL
    AND ($agent IS NULL OR calls.agent_id = $agent)
    AND ($team IS NULL OR calls.team = $team)
    AND ($bank IS NULL OR calls.bank = $bank)
    AND ($code IS NULL OR findings.code = $code)
    AND ($status IS NULL OR findings.status = $status)
GROUP BY ALL
ORDER BY calls.started_at DESC, calls.call_id
LIMIT $most;
