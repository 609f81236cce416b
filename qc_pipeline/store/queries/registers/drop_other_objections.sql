DELETE FROM objections WHERE NOT list_contains($keep::VARCHAR[], objection_id);
