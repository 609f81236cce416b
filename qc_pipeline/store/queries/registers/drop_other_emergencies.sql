DELETE FROM emergency_acknowledgements WHERE NOT list_contains($keep::VARCHAR[], call_id);
