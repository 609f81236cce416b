-- Complaints about calls or customers of banks one may see; what is due first comes first.
SELECT
    complaints.complaint_id, complaints.state, complaints.channel, complaints.received_at,
    complaints.first_reply_due, complaints.first_reply_at, complaints.decision_due,
    complaints.decided_at, complaints.breaches, complaints.calls, complaints.agents,
    complaints.agent_id, complaints.bank, complaints.reference, complaints.proposed,
    complaints.words, complaints.triage, complaints.validity
FROM complaints
WHERE (
        ($scope_team IS NULL AND $scope_bank IS NULL AND $scope_agent IS NULL)
        OR complaints.bank = $scope_bank
        OR EXISTS (
            SELECT 1 FROM visible_calls($scope_team, $scope_bank, $scope_agent) AS calls
            WHERE list_contains(complaints.calls, calls.call_id)
        )
    )
    AND ($complaint_id IS NULL OR complaints.complaint_id = $complaint_id)
    AND ($open_only = FALSE OR complaints.state NOT IN ('declined', 'closed', 'withdrawn'))
ORDER BY
    complaints.state IN ('declined', 'closed', 'withdrawn'),
    coalesce(complaints.first_reply_at, complaints.first_reply_due) = complaints.first_reply_at,
    complaints.first_reply_due, complaints.complaint_id
LIMIT $most;
