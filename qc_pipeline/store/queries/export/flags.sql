SELECT * FROM export_flags;
