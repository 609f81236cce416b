INSERT INTO call_tasks SELECT * FROM placed_tasks(false, CAST($call_ids AS VARCHAR[]));
