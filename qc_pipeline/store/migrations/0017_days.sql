-- The day of its call (Asia/Shanghai) beside everything that was made of a call. Calls are loaded day
-- by day, so a question about one call or some days reads the few row groups that can hold it.
-- NULL as long as the call has no time. Kept by the loader.
ALTER TABLE utterances ADD COLUMN day DATE;
ALTER TABLE findings ADD COLUMN day DATE;
ALTER TABLE suppressed ADD COLUMN day DATE;
ALTER TABLE events ADD COLUMN day DATE;

UPDATE utterances SET day = CAST(calls.started_at AS DATE)
FROM calls WHERE calls.call_id = utterances.call_id;
UPDATE findings SET day = CAST(calls.started_at AS DATE)
FROM calls WHERE calls.call_id = findings.call_id;
UPDATE suppressed SET day = CAST(calls.started_at AS DATE)
FROM calls WHERE calls.call_id = suppressed.call_id;
UPDATE events SET day = CAST(calls.started_at AS DATE)
FROM calls WHERE calls.call_id = events.call_id;

-- Whose rows somebody sees, of anything that has a call's collector, team, bank, case and time.
-- NULL: not bound by it. A call without a team belongs to its collector's at that time, one without
-- a bank to its case's.
CREATE MACRO may_see(
    whose, of_team, of_bank, of_case, moment, scope_team, scope_bank, scope_agent
) AS
    (scope_agent IS NULL OR whose = scope_agent)
    AND (
        scope_team IS NULL OR of_team = scope_team
        OR (of_team IS NULL AND EXISTS (
            SELECT 1 FROM staff
            WHERE staff.agent_id = whose AND staff.team = scope_team AND staff.known_to IS NULL
                AND (staff.valid_from IS NULL OR staff.valid_from <= moment)
                AND (staff.valid_to IS NULL OR staff.valid_to > moment)
        ))
    )
    AND (
        scope_bank IS NULL OR of_bank = scope_bank
        OR (of_bank IS NULL AND of_case IN (
            SELECT cases.case_id FROM cases
            WHERE cases.bank = scope_bank AND cases.known_to IS NULL
        ))
    );

-- As in 0006; who is bound by nothing doesn't pay for the question.
CREATE OR REPLACE MACRO visible_calls(scope_team, scope_bank, scope_agent) AS TABLE
SELECT calls.*
FROM calls
WHERE scope_team IS NULL AND scope_bank IS NULL AND scope_agent IS NULL
UNION ALL
SELECT calls.*
FROM calls
WHERE NOT (scope_team IS NULL AND scope_bank IS NULL AND scope_agent IS NULL)
    AND may_see(
        calls.agent_id, calls.team, calls.bank, calls.case_id, calls.started_at,
        scope_team, scope_bank, scope_agent
    );
