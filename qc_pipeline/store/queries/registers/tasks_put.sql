INSERT INTO call_tasks SELECT * FROM wanted_tasks(false, CAST($call_ids AS VARCHAR[]));
