DELETE FROM stop_flags WHERE NOT list_contains($keep::VARCHAR[], flag_id);
