INSERT OR REPLACE INTO register_history (seq, register, key, "at", entry)
SELECT seq, register, key, "at", entry FROM batch;
