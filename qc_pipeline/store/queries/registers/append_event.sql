INSERT INTO register_events (seq, "at", actor, action, subject, payload, prev_hash, hash)
VALUES ($seq, $at, $actor, $action, $subject, $payload, $prev_hash, $hash);
