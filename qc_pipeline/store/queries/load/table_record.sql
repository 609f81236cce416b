INSERT INTO table_snapshots (table_name, content_hash, row_count)
VALUES ($table, $content_hash, $row_count);
