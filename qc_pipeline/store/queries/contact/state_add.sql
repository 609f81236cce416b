INSERT INTO contact_state (version, load_number, judged_at)
VALUES ($version, $load_number, now());
