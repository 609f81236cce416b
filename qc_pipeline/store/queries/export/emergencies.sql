SELECT * FROM export_emergencies;
