SELECT call_id, artefact_key, state, state_reason, rules_version IS NOT NULL AS loaded
FROM calls WHERE call_id IN (SELECT call_id FROM batch);
