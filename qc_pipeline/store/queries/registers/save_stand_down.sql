INSERT OR REPLACE INTO stand_downs (
    stand_down_id, agent_id, from_at, until_at, reason, case_id, ordered_by, ordered_at,
    lifted_by, lifted_at, lift_reason
) VALUES (
    $stand_down_id, $agent_id, $from_at, $until_at, $reason, $case_id, $ordered_by, $ordered_at,
    $lifted_by, $lifted_at, $lift_reason
);
