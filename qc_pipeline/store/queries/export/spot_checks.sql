SELECT * FROM export_spot_checks;
