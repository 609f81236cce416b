SELECT
    s.call_id, s.policy_version, s.machine_score, s.human_score, s.state, s.passed, s.critical,
    s.codes, d.deductions
FROM scores AS s
LEFT JOIN (
    SELECT
        call_id,
        list(struct_pack(code := code, severity := severity, points := points,
            finding_ids := finding_ids) ORDER BY position) AS deductions
    FROM deductions GROUP BY call_id
) AS d ON d.call_id = s.call_id
WHERE $everything OR s.call_id IN (SELECT unnest(CAST($call_ids AS VARCHAR[])));
