-- What the next caller of a case or a number must know: what binds, then what is proposed.
SELECT flag_id, state, kind, case_id, phone, source, reason, coalesce(decided_at, proposed_at) AS since
FROM stop_flags
WHERE state IN ('proposed', 'in_force')
    AND (valid_to IS NULL OR valid_to > now())
    AND (case_id = $case_id OR phone_key = $phone_key)
UNION ALL
SELECT NULL, 'in_force', kind, case_id, phone, source, NULL, approved_at
FROM flags
WHERE known_to IS NULL AND approved_at IS NOT NULL AND (valid_to IS NULL OR valid_to > now())
    AND (case_id = $case_id OR phone_key = $phone_key)
ORDER BY state, since, kind;
