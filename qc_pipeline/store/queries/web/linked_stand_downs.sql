-- The register of stand-downs, as far as it is about collectors one may see; open ones first.
SELECT r.*
FROM export_stand_downs AS r
WHERE (
        ($scope_team IS NULL AND $scope_bank IS NULL AND $scope_agent IS NULL)
        OR r.agent_id IN (
            SELECT calls.agent_id
            FROM visible_calls($scope_team, $scope_bank, $scope_agent) AS calls
        )
    )
    AND ($id IS NULL OR r.stand_down_id = $id)
ORDER BY r.lifted_at IS NOT NULL, r.from_at DESC, r.stand_down_id
LIMIT $most;
