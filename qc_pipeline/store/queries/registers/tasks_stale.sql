-- Calls whose row in `call_tasks` isn't what it should be, in the order of the queue; those that
-- have nothing to decide any more come last.
WITH wanted AS (SELECT * FROM placed_tasks(true, []::VARCHAR[])),

different AS (
    (SELECT * FROM wanted EXCEPT ALL SELECT * FROM call_tasks)
    UNION ALL
    (SELECT * FROM call_tasks EXCEPT ALL SELECT * FROM wanted)
)

SELECT stale.call_id
FROM (SELECT DISTINCT call_id FROM different) AS stale
LEFT JOIN wanted USING (call_id)
ORDER BY wanted.tier NULLS LAST, wanted.weight DESC, wanted.started_at, stale.call_id;
