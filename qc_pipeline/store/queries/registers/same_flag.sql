-- A flag that already says what a new one would.
SELECT flag_id, state
FROM stop_flags
WHERE state IN ('proposed', 'in_force') AND kind = $kind
    AND case_id IS NOT DISTINCT FROM $case_id AND phone_key IS NOT DISTINCT FROM $phone_key
    AND (valid_to IS NULL OR valid_to > now());
