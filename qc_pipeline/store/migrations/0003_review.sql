-- What people may say of a finding beyond yes and no: another code, whose conduct it was, unsure;
-- what the first of two said, so that the second can be taken back; calls heard as a sample;
-- findings and words that people add.

ALTER TABLE finding_reviews ADD COLUMN machine_code VARCHAR DEFAULT '';
ALTER TABLE finding_reviews ADD COLUMN machine_responsible_party VARCHAR DEFAULT 'unknown';
ALTER TABLE finding_reviews ADD COLUMN first_code VARCHAR;
ALTER TABLE finding_reviews ADD COLUMN first_severity VARCHAR;
ALTER TABLE finding_reviews ADD COLUMN first_responsible_party VARCHAR;
ALTER TABLE finding_reviews ADD COLUMN unsure_by VARCHAR[] DEFAULT [];

-- What the machine said, once people said otherwise; NULL as long as nobody has.
ALTER TABLE findings ADD COLUMN machine_code VARCHAR;
ALTER TABLE findings ADD COLUMN machine_responsible_party VARCHAR;

-- Calls without a finding that somebody listened to as a blind sample.
CREATE TABLE sample_reviews (
    call_id VARCHAR PRIMARY KEY,
    heard_by VARCHAR NOT NULL,
    heard_at TIMESTAMPTZ NOT NULL,
    clean BOOLEAN NOT NULL,
    findings VARCHAR[] NOT NULL,
    note VARCHAR
);

-- Lines of a transcript as a reviewer heard them. The recognised text stays in `utterances`.
CREATE TABLE transcript_corrections (
    line_id VARCHAR PRIMARY KEY,
    call_id VARCHAR NOT NULL,
    index INTEGER NOT NULL,
    text VARCHAR NOT NULL,
    recognised VARCHAR NOT NULL,
    corrected_by VARCHAR NOT NULL,
    corrected_at TIMESTAMPTZ NOT NULL
);
