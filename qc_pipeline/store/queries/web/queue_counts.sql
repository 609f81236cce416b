-- How much waits in each tier under the same filters, and the denominators.
WITH seen AS (
    SELECT
        count(*) AS records,
        count(*) FILTER (WHERE state IN ('scanned', 'mismatch')) AS heard
    FROM visible_calls($scope_team, $scope_bank, $scope_agent) AS calls
    WHERE ($team IS NULL OR calls.team = $team)
        AND ($agent IS NULL OR calls.agent_id = $agent)
        AND ($bank IS NULL OR calls.bank = $bank)
        AND ($since IS NULL OR calls.started_at >= $since)
        AND ($until IS NULL OR calls.started_at < $until)
)

SELECT
    (SELECT records FROM seen) AS records,
    (SELECT heard FROM seen) AS heard,
    count(*) AS calls,
    coalesce(sum(tasks.waiting), 0)::BIGINT AS findings,
    coalesce(sum(tasks.critical), 0)::BIGINT AS critical,
    [
        count(*) FILTER (WHERE tasks.tier = 0),
        count(*) FILTER (WHERE tasks.tier = 1),
        count(*) FILTER (WHERE tasks.tier = 2),
        count(*) FILTER (WHERE tasks.tier = 3),
        count(*) FILTER (WHERE tasks.tier = 4),
        count(*) FILTER (WHERE tasks.tier = 5),
        count(*) FILTER (WHERE tasks.tier = 6)
    ] AS by_tier
FROM visible_tasks($scope_team, $scope_bank, $scope_agent) AS tasks
WHERE ($code IS NULL OR list_contains(tasks.codes, $code))
    AND ($detector IS NULL OR list_contains(tasks.detectors, $detector))
    AND ($status IS NULL OR list_contains(tasks.statuses, $status))
    AND ($team IS NULL OR tasks.team = $team)
    AND ($agent IS NULL OR tasks.agent_id = $agent)
    AND ($bank IS NULL OR tasks.bank = $bank)
    AND ($since IS NULL OR tasks.started_at >= $since)
    AND ($until IS NULL OR tasks.started_at < $until);
