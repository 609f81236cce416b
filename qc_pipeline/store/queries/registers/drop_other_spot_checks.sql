DELETE FROM spot_checks WHERE NOT list_contains($keep::VARCHAR[], check_id);
