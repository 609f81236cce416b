SELECT
    calls.call_id, calls.agent_id, known.acknowledged_by, known.acknowledged_at, known.note
FROM calls
LEFT JOIN emergency_acknowledgements AS known USING (call_id)
WHERE calls.call_id = $call_id
    AND EXISTS (
        SELECT 1 FROM events WHERE events.call_id = calls.call_id AND events.kind = 'emergency'
    );
