-- A collector's own appeals.
SELECT
    appeals.appeal_id, appeals.against, appeals.finding_id, appeals.case_id, appeals.state,
    appeals.filed_at, appeals.due_at, appeals.grounds, appeals.decided_at, appeals.reasons
FROM appeals
WHERE appeals.agent_id = $scope_agent
    AND (
        EXISTS (
            SELECT 1 FROM visible_calls($scope_team, $scope_bank, $scope_agent) AS calls
            WHERE calls.agent_id = appeals.agent_id
        )
        OR EXISTS (
            SELECT 1 FROM discipline_cases AS cases
            WHERE cases.case_id = appeals.case_id AND cases.agent_id = $scope_agent
                AND cases.linked_to IS NOT NULL
        )
    )
ORDER BY appeals.filed_at DESC, appeals.appeal_id;
