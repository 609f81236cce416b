-- In the order of the queue: what is read together lies together.
INSERT INTO call_tasks
SELECT *
FROM placed_tasks(false, CAST($call_ids AS VARCHAR[]))
ORDER BY tier, weight DESC, started_at, call_id;
