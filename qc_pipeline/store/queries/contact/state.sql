SELECT version, load_number FROM contact_state;
