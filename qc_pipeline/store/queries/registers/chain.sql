SELECT chain_id FROM register_chain;
