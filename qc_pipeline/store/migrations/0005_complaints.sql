-- Complaints with all their clocks, and the registers linked to them: stop flags, disputes,
-- emergencies, objections, promises to pay, a bank's spot checks. Every table is a projection of
-- the register's log, like those of 0002. A clock is the text `name=moment`.

ALTER TABLE complaints ADD COLUMN clocks VARCHAR[] DEFAULT [];
ALTER TABLE complaints ADD COLUMN met VARCHAR[] DEFAULT [];
ALTER TABLE complaints ADD COLUMN breaches VARCHAR[] DEFAULT [];
ALTER TABLE complaints ADD COLUMN reference VARCHAR;
ALTER TABLE complaints ADD COLUMN phone VARCHAR;
ALTER TABLE complaints ADD COLUMN customer_id VARCHAR;
ALTER TABLE complaints ADD COLUMN bank VARCHAR;
ALTER TABLE complaints ADD COLUMN bank_due_at TIMESTAMPTZ;
ALTER TABLE complaints ADD COLUMN complainant VARCHAR;
ALTER TABLE complaints ADD COLUMN agents VARCHAR[] DEFAULT [];
ALTER TABLE complaints ADD COLUMN triage VARCHAR;
ALTER TABLE complaints ADD COLUMN complex_case BOOLEAN DEFAULT false;
ALTER TABLE complaints ADD COLUMN team VARCHAR;
ALTER TABLE complaints ADD COLUMN team_at TIMESTAMPTZ;
ALTER TABLE complaints ADD COLUMN contacted_at TIMESTAMPTZ;
ALTER TABLE complaints ADD COLUMN paused_at TIMESTAMPTZ;
ALTER TABLE complaints ADD COLUMN evidence VARCHAR[] DEFAULT [];
ALTER TABLE complaints ADD COLUMN gaps VARCHAR[] DEFAULT [];
ALTER TABLE complaints ADD COLUMN preliminary VARCHAR;
ALTER TABLE complaints ADD COLUMN reply VARCHAR;
ALTER TABLE complaints ADD COLUMN last_progress_at TIMESTAMPTZ;
ALTER TABLE complaints ADD COLUMN extension_approval VARCHAR;
ALTER TABLE complaints ADD COLUMN decision VARCHAR;
ALTER TABLE complaints ADD COLUMN validity VARCHAR;
ALTER TABLE complaints ADD COLUMN upheld_at TIMESTAMPTZ;
ALTER TABLE complaints ADD COLUMN codes VARCHAR[] DEFAULT [];
ALTER TABLE complaints ADD COLUMN satisfaction VARCHAR;
ALTER TABLE complaints ADD COLUMN exit_approval VARCHAR;
ALTER TABLE complaints ADD COLUMN transfer VARCHAR;
ALTER TABLE complaints ADD COLUMN resolved_at TIMESTAMPTZ;
ALTER TABLE complaints ADD COLUMN withdrawn_at TIMESTAMPTZ;
ALTER TABLE complaints ADD COLUMN archive VARCHAR;
ALTER TABLE complaints ADD COLUMN bank_receipt VARCHAR;
ALTER TABLE complaints ADD COLUMN closed_at TIMESTAMPTZ;
ALTER TABLE complaints ADD COLUMN reopened INTEGER DEFAULT 0;
ALTER TABLE complaints ADD COLUMN handled_by VARCHAR[] DEFAULT [];

CREATE TABLE stop_flags (
    flag_id VARCHAR PRIMARY KEY,
    state VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    proposed_by VARCHAR NOT NULL,
    proposed_at TIMESTAMPTZ NOT NULL,
    case_id VARCHAR,
    phone VARCHAR,
    phone_key VARCHAR,
    reason VARCHAR,
    basis VARCHAR,
    agent_id VARCHAR,
    valid_from TIMESTAMPTZ,
    valid_to TIMESTAMPTZ,
    decided_by VARCHAR,
    decided_at TIMESTAMPTZ,
    decision_note VARCHAR,
    lifted_by VARCHAR,
    lifted_at TIMESTAMPTZ,
    lift_reason VARCHAR,
    consent VARCHAR
);

CREATE TABLE disputes (
    dispute_id VARCHAR PRIMARY KEY,
    state VARCHAR NOT NULL,
    raised_at TIMESTAMPTZ NOT NULL,
    recorded_by VARCHAR NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    about VARCHAR NOT NULL,
    case_id VARCHAR,
    phone VARCHAR,
    call_id VARCHAR,
    agent_id VARCHAR,
    paused_at TIMESTAMPTZ,
    supervisor VARCHAR,
    notified_at TIMESTAMPTZ,
    forwarded_way VARCHAR,
    forwarded_to VARCHAR,
    forwarded_at TIMESTAMPTZ,
    decision VARCHAR,
    decided_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    end_reason VARCHAR
);

CREATE TABLE emergencies (
    call_id VARCHAR PRIMARY KEY,
    state VARCHAR NOT NULL,
    acknowledged_by VARCHAR NOT NULL,
    acknowledged_at TIMESTAMPTZ NOT NULL,
    note VARCHAR,
    case_id VARCHAR,
    phone VARCHAR,
    agent_id VARCHAR,
    signalled_at TIMESTAMPTZ,
    superior VARCHAR,
    steps VARCHAR[] NOT NULL,
    signed_by VARCHAR,
    signed_at TIMESTAMPTZ,
    sign_note VARCHAR,
    closed_at TIMESTAMPTZ
);

CREATE TABLE objections (
    objection_id VARCHAR PRIMARY KEY,
    state VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    text VARCHAR NOT NULL,
    raised_at TIMESTAMPTZ NOT NULL,
    recorded_by VARCHAR NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    case_id VARCHAR,
    call_id VARCHAR,
    agent_id VARCHAR,
    reply_due TIMESTAMPTZ,
    due_uncertain VARCHAR,
    replied_by VARCHAR,
    replied_at TIMESTAMPTZ,
    answer VARCHAR,
    breached_at TIMESTAMPTZ
);

CREATE TABLE promises (
    promise_id VARCHAR PRIMARY KEY,
    state VARCHAR NOT NULL,
    case_id VARCHAR NOT NULL,
    amount DECIMAL(18, 2) NOT NULL,
    promised_at TIMESTAMPTZ NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    recorded_by VARCHAR NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    call_id VARCHAR,
    agent_id VARCHAR,
    words VARCHAR,
    paid DECIMAL(18, 2),
    payments_as_of TIMESTAMPTZ,
    settled_at TIMESTAMPTZ,
    cancel_reason VARCHAR
);

CREATE TABLE spot_checks (
    check_id VARCHAR PRIMARY KEY,
    state VARCHAR NOT NULL,
    bank VARCHAR NOT NULL,
    reference VARCHAR NOT NULL,
    question VARCHAR NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    recorded_by VARCHAR NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    due_at TIMESTAMPTZ,
    calls VARCHAR[] NOT NULL,
    agents VARCHAR[] NOT NULL,
    case_id VARCHAR,
    phone VARCHAR,
    about_at TIMESTAMPTZ,
    agent_id VARCHAR,
    code VARCHAR,
    had_found BOOLEAN,
    findings VARCHAR[] NOT NULL,
    answer VARCHAR,
    answered_by VARCHAR,
    answered_at TIMESTAMPTZ,
    breached_at TIMESTAMPTZ,
    bank_result VARCHAR,
    closed_at TIMESTAMPTZ
);

-- What the first release knew of clocks and emergencies.
UPDATE complaints SET clocks = [
    'first_reply='
        || strftime(timezone('Asia/Shanghai', first_reply_due), '%Y-%m-%dT%H:%M:%S.%f') || '+08:00',
    'decision='
        || strftime(timezone('Asia/Shanghai', decision_due), '%Y-%m-%dT%H:%M:%S.%f') || '+08:00'
];

INSERT INTO emergencies (call_id, state, acknowledged_by, acknowledged_at, note, steps)
SELECT call_id, 'signal', acknowledged_by, acknowledged_at, note, []
FROM emergency_acknowledgements;

DROP TABLE emergency_acknowledgements;

CREATE VIEW emergency_acknowledgements AS
SELECT call_id, acknowledged_by, acknowledged_at, note FROM emergencies;

-- A clock has run out by `as_of` if what it waits for came, or has not come, after its due date.
CREATE OR REPLACE MACRO complaints_as_of(as_of) AS TABLE
SELECT
    complaint_id, state, channel, received_at, logged_at, first_reply_due, decision_due,
    state <> 'declined' AND (
        len(list_filter(clocks, lambda clock:
            CAST(split_part(clock, '=', 2) AS TIMESTAMPTZ) < as_of
            AND len(list_filter(met, lambda done:
                split_part(done, '=', 1) = split_part(clock, '=', 1)
                AND CAST(split_part(done, '=', 2) AS TIMESTAMPTZ)
                    <= CAST(split_part(clock, '=', 2) AS TIMESTAMPTZ))) = 0)) > 0
        OR len(list_filter(breaches, lambda breach:
            CAST(split_part(breach, '=', 2) AS TIMESTAMPTZ) < as_of)) > 0
    ) AS breached,
    calls, case_id, agent_id, proposed,
    first_reply_at, decided_at, due_uncertain, words,
    triage, validity, reference, bank, bank_due_at, customer_id, phone, complainant, agents,
    clocks, met, breaches, paused_at, team, preliminary, reply, decision, codes, evidence, gaps,
    extension_approval, satisfaction, exit_approval, upheld_at, transfer, resolved_at,
    withdrawn_at, archive, bank_receipt, closed_at, reopened, handled_by
FROM complaints;

CREATE OR REPLACE VIEW export_complaints AS
SELECT * FROM complaints_as_of(now())
ORDER BY received_at, complaint_id;

-- Every flag that contact rules know: those imported and those of the register. One of the
-- register binds from the moment somebody approved or imposed it.
CREATE VIEW binding_flags AS
SELECT case_id, phone_key, kind, source, approved_at, valid_from, stated_to, valid_to
FROM flags_in_force
UNION ALL
SELECT
    case_id, phone_key, kind, source, decided_at AS approved_at,
    coalesce(valid_from, decided_at) AS valid_from, valid_to AS stated_to,
    least(valid_to, lifted_at) AS valid_to
FROM stop_flags
WHERE state IN ('in_force', 'lifted');

CREATE VIEW export_flags AS
SELECT
    flag_id, state, kind, case_id, phone, source, reason, basis, agent_id, proposed_by,
    proposed_at, decided_by, decided_at, decision_note, valid_from, valid_to, lifted_by,
    lifted_at, lift_reason, consent
FROM stop_flags
ORDER BY proposed_at, flag_id;

CREATE VIEW export_disputes AS
SELECT
    dispute_id, state, case_id, phone, call_id, agent_id, about, raised_at, recorded_by,
    recorded_at, paused_at, supervisor, notified_at, forwarded_way, forwarded_to, forwarded_at,
    decision, decided_at, ended_at, end_reason
FROM disputes
ORDER BY raised_at, dispute_id;

-- Emergencies that were heard and nobody has taken over have the state `unacknowledged`.
CREATE VIEW export_emergencies AS
SELECT
    coalesce(e.call_id, heard.call_id) AS call_id, coalesce(e.state, 'unacknowledged') AS state,
    coalesce(e.case_id, c.case_id) AS case_id, coalesce(e.agent_id, c.agent_id) AS agent_id,
    coalesce(e.signalled_at, c.started_at) AS signalled_at, heard.words, e.acknowledged_by,
    e.acknowledged_at, e.note, e.superior, e.steps, e.signed_by, e.signed_at, e.sign_note,
    e.closed_at
FROM emergencies AS e
FULL JOIN (
    SELECT call_id, list(matched ORDER BY start_s, utterance_index) AS words
    FROM events WHERE kind = 'emergency' GROUP BY call_id
) AS heard ON heard.call_id = e.call_id
LEFT JOIN calls AS c ON c.call_id = coalesce(e.call_id, heard.call_id)
ORDER BY signalled_at, call_id;

CREATE VIEW export_objections AS
SELECT
    objection_id, state, kind, text, case_id, call_id, agent_id, raised_at, recorded_by,
    reply_due, due_uncertain, replied_by, replied_at, answer, breached_at
FROM objections
ORDER BY raised_at, objection_id;

CREATE VIEW export_promises AS
SELECT
    promise_id, state, case_id, amount, promised_at, due_at, paid, call_id, agent_id, words,
    recorded_by, recorded_at, payments_as_of, settled_at, cancel_reason
FROM promises
ORDER BY due_at, promise_id;

CREATE VIEW export_spot_checks AS
SELECT
    check_id, state, bank, reference, question, received_at, due_at, calls, case_id, phone,
    about_at, agent_id, code, had_found, findings, answer, answered_by, answered_at,
    breached_at, bank_result, closed_at, recorded_by
FROM spot_checks
ORDER BY received_at, check_id;
