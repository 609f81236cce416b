-- One page of the queue: calls with something to decide, in the order of POLICY "Triage order".
-- `after_*` is the key of the last row of the page before; nothing is counted off from the start.
SELECT
    tasks.*, calls.started_at, calls.agent_id, calls.team, calls.bank, calls.recording_duration_s
FROM call_tasks AS tasks
JOIN visible_calls($scope_team, $scope_bank, $scope_agent) AS calls USING (call_id)
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
    AND NOT (
        tasks.tier > 1 AND len(tasks.first_by) > 0 AND tasks.waiting = 1
        AND list_contains(tasks.first_by, $reader)
    )
    AND (
        $after_call IS NULL
        OR (tasks.tier, -tasks.weight, calls.started_at, tasks.call_id)
            > ($after_tier, -$after_weight, $after_started, $after_call)
    )
ORDER BY tasks.tier, tasks.weight DESC, calls.started_at, tasks.call_id
LIMIT $most;
