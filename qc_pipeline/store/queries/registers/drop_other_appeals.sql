DELETE FROM appeals WHERE NOT list_contains($keep::VARCHAR[], appeal_id);
