INSERT OR REPLACE INTO emergency_acknowledgements (
    call_id, acknowledged_by, acknowledged_at, note
) VALUES (
    $call_id, $acknowledged_by, $acknowledged_at, $note
);
