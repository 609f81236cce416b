-- The registers. `register_events` is the truth, an append-only keyed hash chain; every other
-- table here is a projection of it that a replay rebuilds exactly.

CREATE TABLE register_chain (
    chain_id VARCHAR PRIMARY KEY
);

-- `payload` is canonical JSON as text: the hash covers its bytes.
CREATE TABLE register_events (
    seq BIGINT PRIMARY KEY,
    "at" TIMESTAMPTZ NOT NULL,
    actor VARCHAR NOT NULL,
    action VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    payload VARCHAR NOT NULL,
    prev_hash VARCHAR NOT NULL,
    hash VARCHAR NOT NULL
);

-- Where the review of a finding stands. Kept by finding_id, so it outlives a re-scan.
CREATE TABLE finding_reviews (
    finding_id VARCHAR PRIMARY KEY,
    call_id VARCHAR NOT NULL,
    code VARCHAR NOT NULL,
    responsible_party VARCHAR NOT NULL,
    machine_severity VARCHAR NOT NULL,
    severity VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    first_by VARCHAR,
    first_at TIMESTAMPTZ,
    decided_by VARCHAR,
    decided_at TIMESTAMPTZ,
    reason VARCHAR,
    note VARCHAR
);

CREATE TABLE discipline_cases (
    case_id VARCHAR PRIMARY KEY,
    agent_id VARCHAR NOT NULL,
    call_id VARCHAR NOT NULL,
    code VARCHAR NOT NULL,
    severity VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    conduct_at TIMESTAMPTZ NOT NULL,
    opened_at TIMESTAMPTZ NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    findings VARCHAR[] NOT NULL,
    suspended_from VARCHAR,
    notified_at TIMESTAMPTZ,
    occurrence_same INTEGER,
    occurrence_any INTEGER,
    level VARCHAR,
    level_to VARCHAR,
    consequences VARCHAR[] NOT NULL,
    ladder_rows VARCHAR[] NOT NULL,
    open_points VARCHAR[] NOT NULL,
    policy_version VARCHAR,
    linked_to VARCHAR
);

CREATE TABLE complaints (
    complaint_id VARCHAR PRIMARY KEY,
    state VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    proposed_at TIMESTAMPTZ NOT NULL,
    logged_at TIMESTAMPTZ,
    first_reply_due TIMESTAMPTZ NOT NULL,
    first_reply_at TIMESTAMPTZ,
    decision_due TIMESTAMPTZ NOT NULL,
    decided_at TIMESTAMPTZ,
    due_uncertain VARCHAR,
    calls VARCHAR[] NOT NULL,
    case_id VARCHAR,
    agent_id VARCHAR,
    words VARCHAR[] NOT NULL,
    proposed BOOLEAN NOT NULL,
    decided_by VARCHAR,
    note VARCHAR,
    policy_version VARCHAR NOT NULL
);

CREATE TABLE emergency_acknowledgements (
    call_id VARCHAR PRIMARY KEY,
    acknowledged_by VARCHAR NOT NULL,
    acknowledged_at TIMESTAMPTZ NOT NULL,
    note VARCHAR
);

CREATE VIEW export_audit AS
SELECT seq, "at", actor, action, subject, payload, prev_hash, hash
FROM register_events
ORDER BY seq;

CREATE VIEW export_discipline AS
SELECT
    case_id, agent_id, code, state, occurrence_same, occurrence_any, level, conduct_at, opened_at,
    findings, linked_to,
    call_id, severity, level_to, consequences, ladder_rows, open_points, notified_at
FROM discipline_cases
ORDER BY conduct_at, case_id;

-- A clock has run out if what it waits for came, or has not come by `as_of`, after its due date.
CREATE MACRO complaints_as_of(as_of) AS TABLE
SELECT
    complaint_id, state, channel, received_at, logged_at, first_reply_due, decision_due,
    state <> 'declined' AND (
        coalesce(first_reply_at, as_of) > first_reply_due
        OR coalesce(decided_at, as_of) > decision_due
    ) AS breached,
    calls, case_id, agent_id, proposed,
    first_reply_at, decided_at, due_uncertain, words
FROM complaints;

CREATE VIEW export_complaints AS
SELECT * FROM complaints_as_of(now())
ORDER BY received_at, complaint_id;
