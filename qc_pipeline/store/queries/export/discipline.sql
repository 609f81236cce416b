SELECT * FROM export_discipline;
