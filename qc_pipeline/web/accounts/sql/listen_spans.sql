UPDATE listens SET spans = :spans WHERE token_hash = :token_hash;
