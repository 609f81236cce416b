-- Call records, what was made of them, and the reference tables they are judged by.

CREATE TABLE scans (
    scan_id VARCHAR PRIMARY KEY,
    started_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    manifest VARCHAR NOT NULL,
    summary JSON
);

-- Counts up whenever a call record arrives or changes in a way that contact rules may see.
CREATE SEQUENCE load_numbers;

-- A row of the manifest that was refused has its call id and state, and no more.
CREATE TABLE calls (
    call_id VARCHAR PRIMARY KEY,
    started_at TIMESTAMPTZ,
    agent_id VARCHAR,
    recording VARCHAR,
    duration_s DOUBLE,
    answered_at TIMESTAMPTZ,
    talk_s DOUBLE,
    answered BOOLEAN,
    direction VARCHAR,
    purpose VARCHAR,
    dial_mode VARCHAR,
    hangup_cause VARCHAR,
    team VARCHAR,
    phone VARCHAR,
    callee VARCHAR NOT NULL DEFAULT 'unknown',
    customer_id VARCHAR,
    case_id VARCHAR,
    bank VARCHAR,
    product VARCHAR,
    channels VARCHAR,
    agent_note VARCHAR,
    note_at TIMESTAMPTZ,
    source VARCHAR NOT NULL DEFAULT 'phone',
    extra JSON NOT NULL DEFAULT '{}',
    -- the number without punctuation and country code: what "the same number" means
    phone_key VARCHAR,
    record_hash VARCHAR,
    load_number BIGINT NOT NULL DEFAULT nextval('load_numbers'),
    first_scan_id VARCHAR,
    loaded_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- what became of it
    state VARCHAR NOT NULL DEFAULT 'deferred',
    state_reason VARCHAR NOT NULL DEFAULT '尚未处理',
    artefact_key VARCHAR,
    recording_sha256 VARCHAR,
    recording_key VARCHAR,
    recording_container VARCHAR,
    recording_codec VARCHAR,
    recording_sample_rate INTEGER,
    recording_channels INTEGER,
    recording_duration_s DOUBLE,
    recording_bytes BIGINT,
    transcript_config VARCHAR,
    transcript_model VARCHAR,
    role_source VARCHAR,
    role_confidence DOUBLE,
    speech_s DOUBLE,
    rules_version VARCHAR,
    policy_version VARCHAR
);

CREATE TABLE utterances (
    call_id VARCHAR NOT NULL,
    index INTEGER NOT NULL,
    speaker VARCHAR NOT NULL,
    listener VARCHAR NOT NULL,
    start_s DOUBLE NOT NULL,
    end_s DOUBLE NOT NULL,
    text VARCHAR NOT NULL,
    raw_text VARCHAR NOT NULL,
    confidence DOUBLE NOT NULL,
    suspect VARCHAR,
    channel INTEGER NOT NULL
);

-- `status` and `severity` are what counts now, `machine_*` what the machine proposed. A register that
-- rests on a finding sets `held`: such a row is never deleted, only marked superseded.
CREATE TABLE findings (
    finding_id VARCHAR PRIMARY KEY,
    call_id VARCHAR NOT NULL,
    code VARCHAR NOT NULL,
    sub_code VARCHAR,
    severity VARCHAR NOT NULL,
    detector VARCHAR NOT NULL,
    rule_id VARCHAR NOT NULL,
    rule_version VARCHAR NOT NULL,
    speaker VARCHAR NOT NULL,
    listener VARCHAR NOT NULL,
    responsible_party VARCHAR NOT NULL,
    utterance_index INTEGER,
    start_offset INTEGER,
    end_offset INTEGER,
    start_s DOUBLE,
    end_s DOUBLE,
    utterance VARCHAR NOT NULL,
    matched VARCHAR NOT NULL,
    score DOUBLE NOT NULL,
    status VARCHAR NOT NULL,
    machine_status VARCHAR NOT NULL,
    machine_severity VARCHAR NOT NULL,
    reasons VARCHAR[] NOT NULL,
    rules_version VARCHAR NOT NULL,
    policy_version VARCHAR NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    held BOOLEAN NOT NULL DEFAULT false,
    superseded_at TIMESTAMPTZ
);

CREATE TABLE suppressed (
    finding_id VARCHAR NOT NULL,
    call_id VARCHAR NOT NULL,
    code VARCHAR NOT NULL,
    sub_code VARCHAR,
    severity VARCHAR NOT NULL,
    detector VARCHAR NOT NULL,
    rule_id VARCHAR NOT NULL,
    rule_version VARCHAR NOT NULL,
    speaker VARCHAR NOT NULL,
    listener VARCHAR NOT NULL,
    responsible_party VARCHAR NOT NULL,
    utterance_index INTEGER,
    start_offset INTEGER,
    end_offset INTEGER,
    start_s DOUBLE,
    end_s DOUBLE,
    utterance VARCHAR NOT NULL,
    matched VARCHAR NOT NULL,
    score DOUBLE NOT NULL,
    status VARCHAR NOT NULL,
    reasons VARCHAR[] NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE events (
    call_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    utterance_index INTEGER NOT NULL,
    start_s DOUBLE NOT NULL,
    matched VARCHAR NOT NULL,
    detail VARCHAR NOT NULL
);

CREATE TABLE listeners (
    call_id VARCHAR NOT NULL,
    from_utterance INTEGER NOT NULL,
    role VARCHAR NOT NULL,
    reason VARCHAR NOT NULL
);

CREATE TABLE scores (
    call_id VARCHAR PRIMARY KEY,
    policy_version VARCHAR NOT NULL,
    machine_score INTEGER NOT NULL,
    human_score INTEGER,
    state VARCHAR NOT NULL,
    passed BOOLEAN,
    critical INTEGER NOT NULL,
    codes VARCHAR[] NOT NULL
);

CREATE TABLE deductions (
    call_id VARCHAR NOT NULL,
    position INTEGER NOT NULL,
    code VARCHAR NOT NULL,
    severity VARCHAR NOT NULL,
    points INTEGER NOT NULL,
    finding_ids VARCHAR[] NOT NULL
);

CREATE TABLE orphans (
    folder VARCHAR NOT NULL,
    recording VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    PRIMARY KEY (folder, recording)
);

-- Reference tables. A row is known from the load that first had it (`known_from`) until the
-- load that no longer has it (`known_to`), so that a replay sees what was known on a day.
CREATE TABLE table_snapshots (
    table_name VARCHAR NOT NULL,
    content_hash VARCHAR NOT NULL,
    row_count INTEGER NOT NULL,
    loaded_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE TABLE cases (
    case_id VARCHAR NOT NULL,
    customer_id VARCHAR,
    bank VARCHAR,
    product VARCHAR,
    assigned_at TIMESTAMPTZ,
    as_of TIMESTAMPTZ,
    amount_due DECIMAL(18, 2),
    min_due DECIMAL(18, 2),
    days_overdue INTEGER,
    legal_status VARCHAR,
    credit_reportable BOOLEAN,
    account_tail VARCHAR,
    row_hash VARCHAR NOT NULL,
    known_from TIMESTAMPTZ NOT NULL,
    known_to TIMESTAMPTZ
);

CREATE TABLE flags (
    case_id VARCHAR,
    phone VARCHAR,
    phone_key VARCHAR,
    kind VARCHAR NOT NULL,
    valid_from TIMESTAMPTZ,
    valid_to TIMESTAMPTZ,
    approved_at TIMESTAMPTZ,
    source VARCHAR,
    row_hash VARCHAR NOT NULL,
    known_from TIMESTAMPTZ NOT NULL,
    known_to TIMESTAMPTZ
);

CREATE TABLE approvals (
    case_id VARCHAR,
    bank VARCHAR,
    product VARCHAR,
    kind VARCHAR NOT NULL,
    valid_from TIMESTAMPTZ,
    until TIMESTAMPTZ,
    detail VARCHAR,
    row_hash VARCHAR NOT NULL,
    known_from TIMESTAMPTZ NOT NULL,
    known_to TIMESTAMPTZ
);

CREATE TABLE accounts (
    bank VARCHAR,
    account VARCHAR NOT NULL,
    holder VARCHAR,
    row_hash VARCHAR NOT NULL,
    known_from TIMESTAMPTZ NOT NULL,
    known_to TIMESTAMPTZ
);

CREATE TABLE designations (
    bank VARCHAR,
    wording VARCHAR NOT NULL,
    row_hash VARCHAR NOT NULL,
    known_from TIMESTAMPTZ NOT NULL,
    known_to TIMESTAMPTZ
);

CREATE TABLE staff (
    agent_id VARCHAR NOT NULL,
    name VARCHAR,
    team VARCHAR,
    supervisor_id VARCHAR,
    department_head_id VARCHAR,
    valid_from TIMESTAMPTZ,
    valid_to TIMESTAMPTZ,
    row_hash VARCHAR NOT NULL,
    known_from TIMESTAMPTZ NOT NULL,
    known_to TIMESTAMPTZ
);

CREATE TABLE phones (
    case_id VARCHAR,
    phone VARCHAR NOT NULL,
    phone_key VARCHAR,
    relation VARCHAR,
    source VARCHAR,
    verified BOOLEAN,
    row_hash VARCHAR NOT NULL,
    known_from TIMESTAMPTZ NOT NULL,
    known_to TIMESTAMPTZ
);

CREATE TABLE payments (
    case_id VARCHAR NOT NULL,
    paid_at TIMESTAMPTZ NOT NULL,
    amount DECIMAL(18, 2) NOT NULL,
    row_hash VARCHAR NOT NULL,
    known_from TIMESTAMPTZ NOT NULL,
    known_to TIMESTAMPTZ
);

CREATE TABLE messages (
    case_id VARCHAR,
    phone VARCHAR,
    phone_key VARCHAR,
    sent_at TIMESTAMPTZ NOT NULL,
    channel VARCHAR,
    text VARCHAR NOT NULL,
    row_hash VARCHAR NOT NULL,
    known_from TIMESTAMPTZ NOT NULL,
    known_to TIMESTAMPTZ
);

-- How far the contact pass has judged, under which version.
CREATE TABLE contact_state (
    version VARCHAR NOT NULL,
    load_number BIGINT NOT NULL,
    judged_at TIMESTAMPTZ NOT NULL
);

-- Reference rows as contact rules use them. A row that another of the same kind replaced in the
-- same load was wrong and is void; one that simply went was in force until it went.
CREATE VIEW flags_in_force AS
SELECT
    f.case_id, f.phone_key, f.kind, f.source, f.approved_at,
    coalesce(f.valid_from, f.approved_at) AS valid_from,
    f.valid_to AS stated_to,
    least(f.valid_to, f.known_to) AS valid_to
FROM flags AS f
WHERE NOT EXISTS (
    SELECT 1 FROM flags AS newer
    WHERE newer.known_from = f.known_to AND newer.kind = f.kind
        AND newer.case_id IS NOT DISTINCT FROM f.case_id
        AND newer.phone_key IS NOT DISTINCT FROM f.phone_key
);

CREATE VIEW approvals_in_force AS
SELECT
    a.case_id, a.bank, a.product, a.kind, a.valid_from, least(a.until, a.known_to) AS until
FROM approvals AS a
WHERE NOT EXISTS (
    SELECT 1 FROM approvals AS newer
    WHERE newer.known_from = a.known_to AND newer.kind = a.kind
        AND newer.case_id IS NOT DISTINCT FROM a.case_id
        AND newer.bank IS NOT DISTINCT FROM a.bank
        AND newer.product IS NOT DISTINCT FROM a.product
);

CREATE VIEW phones_known AS
SELECT p.case_id, p.phone_key, lower(trim(p.relation)) AS relation
FROM phones AS p
WHERE p.phone_key IS NOT NULL AND nullif(trim(p.relation), '') IS NOT NULL
    AND NOT EXISTS (
        SELECT 1 FROM phones AS newer
        WHERE newer.known_from = p.known_to AND newer.phone_key = p.phone_key
            AND newer.case_id IS NOT DISTINCT FROM p.case_id
    );

-- Calls that contact rules judge: dialled by us, by phone, to collect. Unknown counts as such.
CREATE VIEW collection_dials AS
SELECT
    call_id, started_at, CAST(started_at AS DATE) AS day,
    CAST(CAST(started_at AS TIMESTAMP) AS TIME) AS clock,
    phone_key, case_id, bank, product, callee, dial_mode,
    direction IS NOT NULL AS certain, load_number
FROM calls
WHERE started_at IS NOT NULL AND source = 'phone'
    AND coalesce(direction, 'outbound') = 'outbound'
    AND coalesce(purpose, 'collection') = 'collection';
