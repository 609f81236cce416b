-- The case that rests on a finding, if somebody has gone on with it.
SELECT case_id, state
FROM discipline_cases
WHERE list_contains(findings, $finding_id)
    AND state NOT IN ('detected', 'under_review', 'confirmed', 'rejected', 'reversed')
ORDER BY opened_at DESC
LIMIT 1;
