BEGIN;

CREATE TABLE users (
    name TEXT PRIMARY KEY,
    folded TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    team TEXT,
    bank TEXT,
    agent_id TEXT,
    password TEXT NOT NULL,
    active INTEGER NOT NULL DEFAULT 1,
    locale TEXT,
    created_at REAL NOT NULL
);

-- `id_hash`: a stolen copy of this file holds no usable session.
CREATE TABLE sessions (
    id_hash TEXT PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    csrf TEXT NOT NULL,
    started_at REAL NOT NULL,
    seen_at REAL NOT NULL,
    locked INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE failures (
    subject TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX failures_by_subject ON failures (subject, at);

-- One row per listen; `spans` are the seconds that were played, as the browser told them.
CREATE TABLE listens (
    token_hash TEXT PRIMARY KEY,
    user TEXT NOT NULL,
    call_id TEXT NOT NULL,
    access_seq INTEGER NOT NULL,
    started_at REAL NOT NULL,
    spans TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX listens_by_call ON listens (call_id, user);

PRAGMA user_version = 1;
COMMIT;
