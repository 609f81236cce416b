SELECT * FROM export_disputes;
