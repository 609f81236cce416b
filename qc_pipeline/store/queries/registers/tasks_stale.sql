-- Calls whose row in `call_tasks` isn't what it should be.
WITH wanted AS (SELECT * FROM placed_tasks(true, []::VARCHAR[])),

different AS (
    (SELECT * FROM wanted EXCEPT ALL SELECT * FROM call_tasks)
    UNION ALL
    (SELECT * FROM call_tasks EXCEPT ALL SELECT * FROM wanted)
)

SELECT DISTINCT call_id FROM different ORDER BY call_id;
