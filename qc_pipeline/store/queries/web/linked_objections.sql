-- The register of objections, as far as it is about collectors one may see; open ones first.
SELECT r.*
FROM export_objections AS r
WHERE (
        ($scope_team IS NULL AND $scope_bank IS NULL AND $scope_agent IS NULL)
        OR r.agent_id IN (
            SELECT calls.agent_id
            FROM visible_calls($scope_team, $scope_bank, $scope_agent) AS calls
        )
    )
    AND ($id IS NULL OR r.objection_id = $id)
ORDER BY r.state IN ('replied', 'answered_in_call', 'declined'), r.reply_due, r.objection_id
LIMIT $most;
