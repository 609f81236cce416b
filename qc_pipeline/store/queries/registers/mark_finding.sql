-- The status that counts is the verdict, as long as there is one, and a confirmed finding is what
-- people said it is. `held` keeps the row through a re-scan: a register rests on it now.
UPDATE findings SET
    status = coalesce($status, machine_status),
    severity = coalesce($severity, machine_severity),
    code = coalesce($code, machine_code, code),
    responsible_party = coalesce($responsible_party, machine_responsible_party, responsible_party),
    machine_code = coalesce(machine_code, code),
    machine_responsible_party = coalesce(machine_responsible_party, responsible_party),
    held = true
WHERE finding_id = $finding_id;
