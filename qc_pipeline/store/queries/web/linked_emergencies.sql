-- The register of emergencies, as far as it is about collectors one may see; open ones first.
SELECT r.*
FROM export_emergencies AS r
WHERE (
        ($scope_team IS NULL AND $scope_bank IS NULL AND $scope_agent IS NULL)
        OR r.agent_id IN (
            SELECT calls.agent_id
            FROM visible_calls($scope_team, $scope_bank, $scope_agent) AS calls
        )
    )
    AND ($id IS NULL OR r.call_id = $id)
ORDER BY r.closed_at IS NOT NULL, r.signalled_at DESC, r.call_id
LIMIT $most;
