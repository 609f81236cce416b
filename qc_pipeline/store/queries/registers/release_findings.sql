-- A finding that nobody judged has the status the machine gave it.
UPDATE findings SET
    status = machine_status, severity = machine_severity, code = coalesce(machine_code, code),
    responsible_party = coalesce(machine_responsible_party, responsible_party), held = false
WHERE (held OR status <> machine_status) AND NOT list_contains($keep::VARCHAR[], finding_id);
