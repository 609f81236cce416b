DELETE FROM stand_downs WHERE NOT list_contains($keep::VARCHAR[], stand_down_id);
