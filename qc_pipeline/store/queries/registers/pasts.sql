SELECT seq, register, key, "at", entry FROM register_history ORDER BY seq;
