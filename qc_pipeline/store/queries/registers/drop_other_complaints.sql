DELETE FROM complaints WHERE NOT list_contains($keep::VARCHAR[], complaint_id);
