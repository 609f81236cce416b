-- Appeals of collectors whose calls one may see, those that wait first.
SELECT
    appeals.appeal_id, appeals.against, appeals.finding_id, appeals.case_id, appeals.agent_id,
    appeals.state, appeals.filed_at, appeals.due_at, appeals.grounds, appeals.late_cause,
    appeals.decided_at, appeals.reasons
FROM appeals
WHERE EXISTS (
    SELECT 1 FROM visible_calls($scope_team, $scope_bank, $scope_agent) AS calls
    WHERE calls.agent_id = appeals.agent_id
)
ORDER BY appeals.decided_at IS NOT NULL, appeals.filed_at, appeals.appeal_id
LIMIT $most;
