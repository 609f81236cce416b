-- The calls to judge again: those that came or changed, and all calls to the same numbers.
CREATE TEMP TABLE contact_scope AS
SELECT call_id FROM calls
WHERE started_at IS NOT NULL AND (
    $everything
    OR load_number > $after
    OR phone_key IN (
        SELECT phone_key FROM calls WHERE phone_key IS NOT NULL AND load_number > $after
    )
);
