-- Entries of the register's log about these subjects, or that name one of `named`.
SELECT seq, "at", actor, action, subject, payload, prev_hash, hash
FROM register_events
WHERE list_contains($subjects::VARCHAR[], subject)
    OR EXISTS (
        SELECT 1 FROM unnest($named::VARCHAR[]) AS wanted (id)
        WHERE contains(payload, '"' || wanted.id || '"')
    )
ORDER BY seq;
