SELECT
    call_id, acknowledged_by, acknowledged_at, note
FROM emergency_acknowledgements;
