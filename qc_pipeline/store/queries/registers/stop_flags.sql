SELECT
    flag_id, state, kind, source, proposed_by, proposed_at, case_id, phone, phone_key, reason,
    basis, agent_id, valid_from, valid_to, decided_by, decided_at, decision_note, lifted_by,
    lifted_at, lift_reason, consent
FROM stop_flags;
