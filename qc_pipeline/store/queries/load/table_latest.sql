SELECT table_name, arg_max(content_hash, loaded_at) AS content_hash
FROM table_snapshots
GROUP BY table_name;
