SELECT * FROM export_complaints;
