-- Tasks lie in the order of the queue, so that a page of it lies together. `update_tasks` adds new ones
-- in that order.
CREATE TEMP TABLE in_order AS
SELECT * FROM call_tasks ORDER BY tier, weight DESC, started_at, call_id;
DELETE FROM call_tasks;
INSERT INTO call_tasks SELECT * FROM in_order;
DROP TABLE in_order;
