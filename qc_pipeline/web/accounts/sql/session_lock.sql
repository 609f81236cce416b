UPDATE sessions SET locked = 1 WHERE id_hash = :id_hash;
