UPDATE users SET role = :role, team = :team, bank = :bank, agent_id = :agent_id
WHERE folded = :folded RETURNING name;
