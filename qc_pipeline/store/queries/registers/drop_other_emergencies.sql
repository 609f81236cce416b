DELETE FROM emergencies WHERE NOT list_contains($keep::VARCHAR[], call_id);
