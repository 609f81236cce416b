-- Bring messages to the content of `batch`: rows that are gone stop being known, new ones start.
UPDATE messages SET known_to = now()
WHERE known_to IS NULL AND row_hash NOT IN (SELECT row_hash FROM batch);

INSERT INTO messages (
    case_id, phone, phone_key, sent_at, channel, text, row_hash, known_from
)
SELECT
    b.case_id, b.phone, b.phone_key, b.sent_at, b.channel, b.text, b.row_hash, now()
FROM batch AS b
WHERE NOT EXISTS (
    SELECT 1 FROM messages AS t WHERE t.known_to IS NULL AND t.row_hash = b.row_hash
);
