DELETE FROM sample_reviews WHERE NOT list_contains($keep::VARCHAR[], call_id);
