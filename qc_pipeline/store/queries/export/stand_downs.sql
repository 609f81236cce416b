SELECT * FROM export_stand_downs;
