DELETE FROM contact_state;
