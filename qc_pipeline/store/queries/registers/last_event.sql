SELECT seq, "at", actor, action, subject, payload, prev_hash, hash
FROM register_events
ORDER BY seq DESC
LIMIT 1;
