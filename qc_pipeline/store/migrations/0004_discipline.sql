-- Discipline from the notice to the end, appeals, coaching and stand-downs. Every table is a
-- projection of the register's log, like those of 0002.

ALTER TABLE discipline_cases ADD COLUMN basis VARCHAR DEFAULT 'own';
ALTER TABLE discipline_cases ADD COLUMN facts VARCHAR[] DEFAULT [];
ALTER TABLE discipline_cases ADD COLUMN loss_yuan DECIMAL(18, 2);
ALTER TABLE discipline_cases ADD COLUMN effect_assessed BOOLEAN DEFAULT false;
ALTER TABLE discipline_cases ADD COLUMN complaints VARCHAR[] DEFAULT [];
ALTER TABLE discipline_cases ADD COLUMN notice_way VARCHAR;
ALTER TABLE discipline_cases ADD COLUMN received_at TIMESTAMPTZ;
ALTER TABLE discipline_cases ADD COLUMN receipt VARCHAR;
ALTER TABLE discipline_cases ADD COLUMN objection_due TIMESTAMPTZ;
ALTER TABLE discipline_cases ADD COLUMN objected_at TIMESTAMPTZ;
ALTER TABLE discipline_cases ADD COLUMN objection VARCHAR;
ALTER TABLE discipline_cases ADD COLUMN hearing VARCHAR;
ALTER TABLE discipline_cases ADD COLUMN chosen_level VARCHAR;
ALTER TABLE discipline_cases ADD COLUMN chosen_consequences VARCHAR[] DEFAULT [];
ALTER TABLE discipline_cases ADD COLUMN amounts VARCHAR[] DEFAULT [];
ALTER TABLE discipline_cases ADD COLUMN choice_reason VARCHAR;
ALTER TABLE discipline_cases ADD COLUMN proposed_by VARCHAR;
ALTER TABLE discipline_cases ADD COLUMN approved_by VARCHAR;
ALTER TABLE discipline_cases ADD COLUMN gate_by VARCHAR;
ALTER TABLE discipline_cases ADD COLUMN gate VARCHAR;
ALTER TABLE discipline_cases ADD COLUMN sanction_notified_at TIMESTAMPTZ;
ALTER TABLE discipline_cases ADD COLUMN sanction_received_at TIMESTAMPTZ;
ALTER TABLE discipline_cases ADD COLUMN appeal_due TIMESTAMPTZ;
ALTER TABLE discipline_cases ADD COLUMN accepted_at TIMESTAMPTZ;
ALTER TABLE discipline_cases ADD COLUMN due_uncertain VARCHAR;
ALTER TABLE discipline_cases ADD COLUMN executed_by VARCHAR;
ALTER TABLE discipline_cases ADD COLUMN executed_at TIMESTAMPTZ;
ALTER TABLE discipline_cases ADD COLUMN referral VARCHAR;
ALTER TABLE discipline_cases ADD COLUMN to_return_yuan DECIMAL(18, 2);
ALTER TABLE discipline_cases ADD COLUMN handled_by VARCHAR[] DEFAULT [];

CREATE OR REPLACE VIEW export_discipline AS
SELECT
    case_id, agent_id, code, state, occurrence_same, occurrence_any, level, conduct_at, opened_at,
    findings, linked_to,
    call_id, severity, level_to, consequences, ladder_rows, open_points, notified_at,
    basis, facts, loss_yuan, complaints, received_at, objection_due, objected_at, chosen_level,
    chosen_consequences, amounts, proposed_by, approved_by, gate_by, sanction_received_at,
    appeal_due, executed_by, executed_at, referral, to_return_yuan
FROM discipline_cases
ORDER BY conduct_at, case_id;

CREATE TABLE appeals (
    appeal_id VARCHAR PRIMARY KEY,
    against VARCHAR NOT NULL,
    finding_id VARCHAR,
    case_id VARCHAR,
    agent_id VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    filed_at TIMESTAMPTZ NOT NULL,
    due_at TIMESTAMPTZ,
    due_uncertain VARCHAR,
    grounds VARCHAR NOT NULL,
    late_cause VARCHAR,
    admitted_by VARCHAR,
    admitted_at TIMESTAMPTZ,
    decided_by VARCHAR,
    decided_at TIMESTAMPTZ,
    reasons VARCHAR,
    severity VARCHAR,
    level VARCHAR,
    to_return_yuan DECIMAL(18, 2)
);

CREATE VIEW export_appeals AS
SELECT
    appeal_id, against, finding_id, case_id, agent_id, state, filed_at, due_at, due_uncertain,
    grounds, late_cause, admitted_by, admitted_at, decided_by, decided_at, reasons, severity,
    level, to_return_yuan
FROM appeals
ORDER BY filed_at, appeal_id;

CREATE TABLE coaching_tasks (
    task_id VARCHAR PRIMARY KEY,
    agent_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    finding_id VARCHAR,
    case_id VARCHAR,
    action VARCHAR NOT NULL,
    owner VARCHAR NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    state VARCHAR NOT NULL,
    opened_by VARCHAR NOT NULL,
    opened_at TIMESTAMPTZ NOT NULL,
    reported_at TIMESTAMPTZ,
    report VARCHAR,
    checked_by VARCHAR,
    checked_at TIMESTAMPTZ,
    result VARCHAR
);

CREATE VIEW export_coaching AS
SELECT
    task_id, agent_id, kind, finding_id, case_id, action, owner, due_at, state, opened_by,
    opened_at, reported_at, report, checked_by, checked_at, result,
    coalesce(reported_at, now()) > due_at AND state <> 'cancelled' AS overdue
FROM coaching_tasks
ORDER BY opened_at, task_id;

CREATE TABLE stand_downs (
    stand_down_id VARCHAR PRIMARY KEY,
    agent_id VARCHAR NOT NULL,
    from_at TIMESTAMPTZ NOT NULL,
    until_at TIMESTAMPTZ,
    reason VARCHAR NOT NULL,
    case_id VARCHAR,
    ordered_by VARCHAR NOT NULL,
    ordered_at TIMESTAMPTZ NOT NULL,
    lifted_by VARCHAR,
    lifted_at TIMESTAMPTZ,
    lift_reason VARCHAR
);

CREATE VIEW export_stand_downs AS
SELECT
    stand_down_id, agent_id, from_at, until_at, reason, case_id, ordered_by, ordered_at,
    lifted_by, lifted_at, lift_reason
FROM stand_downs
ORDER BY from_at, stand_down_id;
