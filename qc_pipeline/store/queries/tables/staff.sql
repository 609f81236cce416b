-- Bring staff to the content of `batch`: rows that are gone stop being known, new ones start.
UPDATE staff SET known_to = now()
WHERE known_to IS NULL AND row_hash NOT IN (SELECT row_hash FROM batch);

INSERT INTO staff (
    agent_id, name, team, supervisor_id, department_head_id, valid_from, valid_to,
    row_hash, known_from
)
SELECT
    b.agent_id, b.name, b.team, b.supervisor_id, b.department_head_id, b.valid_from,
    b.valid_to, b.row_hash, now()
FROM batch AS b
WHERE NOT EXISTS (
    SELECT 1 FROM staff AS t WHERE t.known_to IS NULL AND t.row_hash = b.row_hash
);
