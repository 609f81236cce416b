SELECT name, role, team, bank, agent_id, password, active, locale FROM users ORDER BY name;
