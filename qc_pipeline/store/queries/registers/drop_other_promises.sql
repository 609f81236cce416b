DELETE FROM promises WHERE NOT list_contains($keep::VARCHAR[], promise_id);
