-- The register of promises, as far as it is about collectors one may see; open ones first.
SELECT r.*
FROM export_promises AS r
WHERE (
        ($scope_team IS NULL AND $scope_bank IS NULL AND $scope_agent IS NULL)
        OR r.agent_id IN (
            SELECT calls.agent_id
            FROM visible_calls($scope_team, $scope_bank, $scope_agent) AS calls
        )
    )
    AND ($id IS NULL OR r.promise_id = $id)
ORDER BY r.state NOT IN ('proposed', 'promised'), r.due_at, r.promise_id
LIMIT $most;
