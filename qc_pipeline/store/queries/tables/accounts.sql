-- Bring accounts to the content of `batch`: rows that are gone stop being known, new ones start.
UPDATE accounts SET known_to = now()
WHERE known_to IS NULL AND row_hash NOT IN (SELECT row_hash FROM batch);

INSERT INTO accounts (
    bank, account, holder, row_hash, known_from
)
SELECT
    b.bank, b.account, b.holder, b.row_hash, now()
FROM batch AS b
WHERE NOT EXISTS (
    SELECT 1 FROM accounts AS t WHERE t.known_to IS NULL AND t.row_hash = b.row_hash
);
