SELECT
    stand_down_id, agent_id, from_at, until_at, reason, case_id, ordered_by, ordered_at,
    lifted_by, lifted_at, lift_reason
FROM stand_downs
ORDER BY from_at DESC, stand_down_id;
