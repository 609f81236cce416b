-- The register of flags, as far as it is about collectors one may see; open ones first.
SELECT r.*
FROM export_flags AS r
WHERE (
        ($scope_team IS NULL AND $scope_bank IS NULL AND $scope_agent IS NULL)
        OR r.agent_id IN (
            SELECT calls.agent_id
            FROM visible_calls($scope_team, $scope_bank, $scope_agent) AS calls
        )
    )
    AND ($id IS NULL OR r.flag_id = $id)
ORDER BY r.state IN ('refused', 'lifted'), r.state <> 'proposed', r.proposed_at DESC, r.flag_id
LIMIT $most;
