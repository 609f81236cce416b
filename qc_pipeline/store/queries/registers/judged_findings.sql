-- Findings whose status is, or should be, a verdict.
SELECT finding_id, status, machine_status, severity
FROM findings
WHERE held
    OR status <> machine_status
    OR finding_id IN (SELECT finding_id FROM finding_reviews WHERE state <> 'awaiting_second')
ORDER BY finding_id;
