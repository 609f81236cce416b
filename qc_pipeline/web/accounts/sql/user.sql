SELECT name, role, team, bank, agent_id, password, active, locale FROM users WHERE folded = :folded;
