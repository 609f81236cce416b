SELECT * FROM export_appeals;
