DELETE FROM sessions WHERE started_at < :before;
