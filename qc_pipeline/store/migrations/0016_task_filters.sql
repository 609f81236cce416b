-- What the queue is narrowed and ordered by stands in the tasks themselves: a page of it reads one
-- narrow table, not every call there is.
ALTER TABLE call_tasks ADD COLUMN started_at TIMESTAMPTZ;
ALTER TABLE call_tasks ADD COLUMN agent_id VARCHAR;
ALTER TABLE call_tasks ADD COLUMN team VARCHAR;
ALTER TABLE call_tasks ADD COLUMN bank VARCHAR;
ALTER TABLE call_tasks ADD COLUMN recording_duration_s DOUBLE;

-- A call without a team belongs to its collector's at that time, one without a bank to its case's,
-- as in `visible_calls`.
CREATE MACRO placed_tasks(everything, call_ids) AS TABLE
SELECT
    tasks.*, calls.started_at, calls.agent_id,
    coalesce(calls.team, (
        SELECT arg_max(staff.team, coalesce(staff.valid_from, staff.known_from)) FROM staff
        WHERE staff.agent_id = calls.agent_id AND staff.known_to IS NULL
            AND (staff.valid_from IS NULL OR staff.valid_from <= calls.started_at)
            AND (staff.valid_to IS NULL OR staff.valid_to > calls.started_at)
    )) AS team,
    coalesce(calls.bank, (
        SELECT max(cases.bank) FROM cases
        WHERE cases.case_id = calls.case_id AND cases.known_to IS NULL
    )) AS bank,
    calls.recording_duration_s
FROM wanted_tasks(everything, call_ids) AS tasks
JOIN calls ON calls.call_id = tasks.call_id;

-- The tasks of `visible_calls`, by the columns they share with them.
CREATE MACRO visible_tasks(scope_team, scope_bank, scope_agent) AS TABLE
SELECT call_tasks.rowid AS row_number, call_tasks.*
FROM call_tasks
WHERE (scope_team IS NULL OR call_tasks.team = scope_team)
    AND (scope_bank IS NULL OR call_tasks.bank = scope_bank)
    AND (scope_agent IS NULL OR call_tasks.agent_id = scope_agent);

DELETE FROM call_tasks;
INSERT INTO call_tasks SELECT * FROM placed_tasks(true, []::VARCHAR[]);
