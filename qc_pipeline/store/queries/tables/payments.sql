-- Bring payments to the content of `batch`: rows that are gone stop being known, new ones start.
UPDATE payments SET known_to = now()
WHERE known_to IS NULL AND row_hash NOT IN (SELECT row_hash FROM batch);

INSERT INTO payments (
    case_id, paid_at, amount, row_hash, known_from
)
SELECT
    b.case_id, b.paid_at, b.amount, b.row_hash, now()
FROM batch AS b
WHERE NOT EXISTS (
    SELECT 1 FROM payments AS t WHERE t.known_to IS NULL AND t.row_hash = b.row_hash
);
