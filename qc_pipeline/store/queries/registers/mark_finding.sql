-- The status that counts is the verdict, as long as there is one, and a confirmed finding is as
-- severe as people said. `held` keeps the row through a re-scan: a register rests on it now.
UPDATE findings SET
    status = coalesce($status, machine_status),
    severity = coalesce($severity, severity),
    held = true
WHERE finding_id = $finding_id;
