INSERT INTO sessions (id_hash, user, csrf, started_at, seen_at)
VALUES (:id_hash, :user, :csrf, :now, :now);
