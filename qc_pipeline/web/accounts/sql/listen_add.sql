INSERT INTO listens (token_hash, user, call_id, access_seq, started_at)
VALUES (:token_hash, :user, :call_id, :access_seq, :now);
