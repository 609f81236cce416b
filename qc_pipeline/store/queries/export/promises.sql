SELECT * FROM export_promises;
