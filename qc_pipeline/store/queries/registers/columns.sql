SELECT column_name AS name, data_type AS type
FROM duckdb_columns()
WHERE table_name = $table AND NOT internal AND schema_name = 'main'
ORDER BY column_index;
