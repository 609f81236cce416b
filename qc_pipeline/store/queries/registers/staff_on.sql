-- Who somebody's superiors were on a day, as the staff table says by now; a row without dates
-- holds always, the latest of several wins.
SELECT supervisor_id, department_head_id
FROM staff
WHERE
    agent_id = $agent_id
    AND known_to IS NULL
    AND (valid_from IS NULL OR valid_from <= $moment)
    AND (valid_to IS NULL OR $moment <= valid_to)
ORDER BY valid_from DESC NULLS LAST
LIMIT 1;
