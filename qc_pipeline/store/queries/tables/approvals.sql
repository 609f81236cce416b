-- Bring approvals to the content of `batch`: rows that are gone stop being known, new ones start.
UPDATE approvals SET known_to = now()
WHERE known_to IS NULL AND row_hash NOT IN (SELECT row_hash FROM batch);

INSERT INTO approvals (
    case_id, bank, product, kind, valid_from, until, detail, row_hash, known_from
)
SELECT
    b.case_id, b.bank, b.product, b.kind, b.valid_from, b.until, b.detail, b.row_hash,
    now()
FROM batch AS b
WHERE NOT EXISTS (
    SELECT 1 FROM approvals AS t WHERE t.known_to IS NULL AND t.row_hash = b.row_hash
);
