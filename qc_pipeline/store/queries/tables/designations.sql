-- Bring designations to the content of `batch`: rows that are gone stop being known, new ones start.
UPDATE designations SET known_to = now()
WHERE known_to IS NULL AND row_hash NOT IN (SELECT row_hash FROM batch);

INSERT INTO designations (
    bank, wording, row_hash, known_from
)
SELECT
    b.bank, b.wording, b.row_hash, now()
FROM batch AS b
WHERE NOT EXISTS (
    SELECT 1 FROM designations AS t WHERE t.known_to IS NULL AND t.row_hash = b.row_hash
);
