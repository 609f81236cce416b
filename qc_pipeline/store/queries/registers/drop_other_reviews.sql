DELETE FROM finding_reviews WHERE NOT list_contains($keep::VARCHAR[], finding_id);
