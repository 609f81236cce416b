SELECT
    s.call_id, s.policy_version, s.machine_score, s.human_score,
    coalesce(d.deductions, []) AS deductions
FROM scores AS s
LEFT JOIN (
    SELECT
        call_id,
        list(struct_pack(code := code, severity := severity, points := points,
            finding_ids := finding_ids) ORDER BY position) AS deductions
    FROM deductions GROUP BY call_id
) AS d ON d.call_id = s.call_id
ORDER BY s.call_id;
