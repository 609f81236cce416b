-- The places of one page of the queue: calls with something to decide, in the order of POLICY
-- "Triage order". `after_*` is the last place of the page before; nothing is counted off from the
-- start. Only the columns that the order needs are read here: the rows follow in `queue_rows`.
SELECT tasks.row_number, tasks.call_id, tasks.tier, tasks.weight, tasks.started_at
FROM visible_tasks($scope_team, $scope_bank, $scope_agent) AS tasks
WHERE ($tier IS NULL OR tasks.tier = $tier)
    AND ($code IS NULL OR list_contains(tasks.codes, $code))
    AND ($detector IS NULL OR list_contains(tasks.detectors, $detector))
    AND ($status IS NULL OR list_contains(tasks.statuses, $status))
    AND ($team IS NULL OR tasks.team = $team)
    AND ($agent IS NULL OR tasks.agent_id = $agent)
    AND ($bank IS NULL OR tasks.bank = $bank)
    AND ($since IS NULL OR tasks.started_at >= $since)
    AND ($until IS NULL OR tasks.started_at < $until)
    AND tasks.agent_id IS DISTINCT FROM $own_agent
    -- what the reader has spoken on waits for others
    AND (tasks.tier < 2 OR NOT list_contains(tasks.done_by, $reader))
    AND (
        $after_call IS NULL
        OR (tasks.tier, -tasks.weight, tasks.started_at, tasks.call_id)
            > ($after_tier, -$after_weight, $after_started, $after_call)
    )
ORDER BY tasks.tier, tasks.weight DESC, tasks.started_at, tasks.call_id
LIMIT $most;
