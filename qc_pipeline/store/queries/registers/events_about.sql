SELECT seq, "at", actor, action, payload
FROM register_events
WHERE list_contains($subjects::VARCHAR [], subject)
ORDER BY seq;
