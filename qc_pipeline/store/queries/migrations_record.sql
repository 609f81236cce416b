INSERT INTO schema_migrations (version, name, sha256) VALUES ($version, $name, $sha256);
