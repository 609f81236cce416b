-- A finding that nobody judged has the status the machine gave it.
UPDATE findings SET status = machine_status, held = false
WHERE (held OR status <> machine_status) AND NOT list_contains($keep::VARCHAR[], finding_id);
