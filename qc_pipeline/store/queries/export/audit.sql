SELECT * FROM export_audit;
