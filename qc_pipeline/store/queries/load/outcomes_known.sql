SELECT call_id, artefact_key, state, state_reason, rules_version IS NOT NULL AS loaded
FROM calls WHERE call_id IN (SELECT unnest(CAST($call_ids AS VARCHAR[])));
