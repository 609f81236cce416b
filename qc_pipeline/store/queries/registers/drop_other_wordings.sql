DELETE FROM transcript_corrections WHERE NOT list_contains($keep::VARCHAR[], line_id);
