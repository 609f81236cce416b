SELECT agent_id FROM calls WHERE agent_id = $agent_id
UNION
SELECT agent_id FROM staff WHERE agent_id = $agent_id
LIMIT 1;
