SELECT * FROM export_coaching;
