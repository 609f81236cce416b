DELETE FROM discipline_cases WHERE NOT list_contains($keep::VARCHAR[], case_id);
