-- Until when payments are known: the newest of them, None if none was ever imported. A promise is
-- broken only when payments after its day are known.
SELECT max(paid_at) AS as_of
FROM payments
WHERE known_to IS NULL;
