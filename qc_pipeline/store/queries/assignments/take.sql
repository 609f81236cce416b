INSERT OR REPLACE INTO assignments (call_id, holder, until) VALUES (:call_id, :holder, :until);
