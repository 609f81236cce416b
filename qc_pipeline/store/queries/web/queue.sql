-- One page of the queue: calls with something to decide, in the order of POLICY "Triage order".
-- `after_*` is the key of the last row of the page before; nothing is counted off from the start.
SELECT
    tasks.*, calls.started_at, calls.agent_id, calls.team, calls.bank, calls.recording_duration_s
FROM call_tasks AS tasks
JOIN visible_calls($scope_team, $scope_bank, $scope_agent) AS calls USING (call_id)
LEFT JOIN (
    SELECT call_id, count(*) AS findings
    FROM finding_reviews
    WHERE state IN ('open', 'awaiting_second')
        AND (first_by = $reader OR list_contains(unsure_by, $reader))
    GROUP BY call_id
) AS spoken ON spoken.call_id = tasks.call_id  -- what the reader has spoken on waits for others
WHERE ($tier IS NULL OR tasks.tier = $tier)
    AND ($code IS NULL OR list_contains(tasks.codes, $code))
    AND ($detector IS NULL OR list_contains(tasks.detectors, $detector))
    AND ($status IS NULL OR list_contains(tasks.statuses, $status))
    AND ($team IS NULL OR calls.team = $team)
    AND ($agent IS NULL OR calls.agent_id = $agent)
    AND ($bank IS NULL OR calls.bank = $bank)
    AND ($since IS NULL OR calls.started_at >= $since)
    AND ($until IS NULL OR calls.started_at < $until)
    AND calls.agent_id IS DISTINCT FROM $own_agent
    AND (tasks.tier < 2 OR coalesce(spoken.findings, 0) < tasks.waiting)
    AND (
        $after_call IS NULL
        OR (tasks.tier, -tasks.weight, calls.started_at, tasks.call_id)
            > ($after_tier, -$after_weight, $after_started, $after_call)
    )
ORDER BY tasks.tier, tasks.weight DESC, calls.started_at, tasks.call_id
LIMIT $most;
