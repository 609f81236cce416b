-- A collector's own cases from their notice on; a superior's hang on a call of somebody else
-- (`linked_to`) and are his all the same. No reviewer's name is in it.
SELECT
    cases.case_id, cases.call_id, cases.code, cases.severity, cases.state, cases.conduct_at,
    cases.notified_at, cases.received_at, cases.objection_due, cases.objected_at, cases.objection,
    cases.chosen_level, cases.chosen_consequences, cases.sanction_notified_at,
    cases.sanction_received_at, cases.appeal_due, cases.accepted_at, cases.basis
FROM discipline_cases AS cases
LEFT JOIN visible_calls($scope_team, $scope_bank, $scope_agent) AS calls USING (call_id)
WHERE cases.agent_id = $scope_agent AND cases.notified_at IS NOT NULL
    AND (calls.call_id IS NOT NULL OR cases.linked_to IS NOT NULL)
ORDER BY cases.conduct_at DESC, cases.case_id;
