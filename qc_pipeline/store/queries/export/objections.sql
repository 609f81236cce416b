SELECT * FROM export_objections;
