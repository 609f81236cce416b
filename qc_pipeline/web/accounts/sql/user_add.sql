INSERT INTO users (name, folded, role, team, bank, agent_id, password, created_at)
VALUES (:name, :folded, :role, :team, :bank, :agent_id, :password, :created_at);
