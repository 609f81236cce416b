SELECT call_id, artefact_key FROM calls WHERE artefact_key IS NOT NULL;
