INSERT INTO register_chain (chain_id) VALUES ($chain_id);
