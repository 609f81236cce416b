SELECT id_hash, user, csrf, started_at, seen_at, locked FROM sessions WHERE id_hash = :id_hash;
