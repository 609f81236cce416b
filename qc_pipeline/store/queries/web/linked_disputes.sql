-- The register of disputes, as far as it is about collectors one may see; open ones first.
SELECT r.*
FROM export_disputes AS r
WHERE (
        ($scope_team IS NULL AND $scope_bank IS NULL AND $scope_agent IS NULL)
        OR r.agent_id IN (
            SELECT calls.agent_id
            FROM visible_calls($scope_team, $scope_bank, $scope_agent) AS calls
        )
    )
    AND ($id IS NULL OR r.dispute_id = $id)
ORDER BY r.ended_at IS NOT NULL, r.raised_at DESC, r.dispute_id
LIMIT $most;
