SELECT
    appeal_id, against, finding_id, case_id, agent_id, state, filed_at, due_at, due_uncertain,
    grounds, late_cause, admitted_by, admitted_at, decided_by, decided_at, reasons, severity,
    level, to_return_yuan
FROM appeals
ORDER BY state NOT IN ('late', 'open'), filed_at, appeal_id;
