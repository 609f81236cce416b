DELETE FROM disputes WHERE NOT list_contains($keep::VARCHAR[], dispute_id);
