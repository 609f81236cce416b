SELECT access_seq, started_at, spans FROM listens WHERE call_id = :call_id AND user = :user;
