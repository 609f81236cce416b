-- One call, if it may be seen, with its case's facts and its card.
SELECT
    calls.*,
    cases.amount_due, cases.min_due, cases.days_overdue, cases.legal_status, cases.credit_reportable,
    cases.account_tail, cases.as_of,
    scores.machine_score, scores.human_score, scores.state AS score_state, scores.passed,
    staff.name AS agent_name, staff.team AS staff_team
FROM visible_calls($scope_team, $scope_bank, $scope_agent) AS calls
LEFT JOIN scores ON scores.call_id = calls.call_id
LEFT JOIN (
    SELECT * FROM cases WHERE known_to IS NULL
) AS cases ON cases.case_id = calls.case_id AND (cases.as_of IS NULL OR cases.as_of <= calls.started_at)
LEFT JOIN (
    SELECT * FROM staff WHERE known_to IS NULL
) AS staff ON staff.agent_id = calls.agent_id
WHERE calls.call_id = $call_id
ORDER BY cases.as_of DESC NULLS LAST, staff.valid_from DESC NULLS LAST
LIMIT 1;
