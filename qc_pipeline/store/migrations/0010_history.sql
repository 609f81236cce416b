-- What each entry of the log made of the entry of a register it is about: the registers as of any
-- past moment. A projection like the others. `entry` is the register's row as JSON.
CREATE TABLE register_history (
    seq BIGINT PRIMARY KEY,
    register VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    "at" TIMESTAMPTZ NOT NULL,
    entry VARCHAR NOT NULL
);
