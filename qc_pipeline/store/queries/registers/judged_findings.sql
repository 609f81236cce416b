-- Findings whose status is, or should be, a verdict.
SELECT finding_id, status, machine_status, severity, code, responsible_party
FROM findings
WHERE held
    OR status <> machine_status
    OR finding_id IN (SELECT finding_id FROM finding_reviews WHERE state NOT IN ('open', 'awaiting_second'))
ORDER BY finding_id;
