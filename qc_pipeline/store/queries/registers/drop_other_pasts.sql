DELETE FROM register_history WHERE NOT list_contains($keep::BIGINT[], seq);
