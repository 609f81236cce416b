SELECT user, call_id, access_seq, started_at, spans FROM listens WHERE token_hash = :token_hash;
