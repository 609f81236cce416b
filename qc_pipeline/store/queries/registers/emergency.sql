-- The call in which an emergency was heard.
SELECT calls.call_id, calls.agent_id, calls.case_id, calls.phone, calls.started_at
FROM calls
WHERE calls.call_id = $call_id
    AND EXISTS (
        SELECT 1 FROM events WHERE events.call_id = calls.call_id AND events.kind = 'emergency'
    );
