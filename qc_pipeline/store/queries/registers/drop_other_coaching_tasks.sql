DELETE FROM coaching_tasks WHERE NOT list_contains($keep::VARCHAR[], task_id);
