-- Bring flags to the content of `batch`: rows that are gone stop being known, new ones start.
UPDATE flags SET known_to = now()
WHERE known_to IS NULL AND row_hash NOT IN (SELECT row_hash FROM batch);

INSERT INTO flags (
    case_id, phone, phone_key, kind, valid_from, valid_to, approved_at, source, row_hash,
    known_from
)
SELECT
    b.case_id, b.phone, b.phone_key, b.kind, b.valid_from, b.valid_to, b.approved_at,
    b.source, b.row_hash, now()
FROM batch AS b
WHERE NOT EXISTS (
    SELECT 1 FROM flags AS t WHERE t.known_to IS NULL AND t.row_hash = b.row_hash
);
