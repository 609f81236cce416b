-- The calls to judge again: those that came or changed, and all calls to the same numbers, cases
-- and customers.
CREATE TEMP TABLE contact_scope AS
WITH changed AS (
    SELECT phone_key, case_id, customer_id FROM calls WHERE load_number > $after
)
SELECT call_id FROM calls
WHERE started_at IS NOT NULL AND (
    $everything
    OR load_number > $after
    OR phone_key IN (SELECT phone_key FROM changed WHERE phone_key IS NOT NULL)
    OR case_id IN (SELECT case_id FROM changed WHERE case_id IS NOT NULL)
    OR customer_id IN (SELECT customer_id FROM changed WHERE customer_id IS NOT NULL)
);
