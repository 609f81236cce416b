INSERT OR REPLACE INTO scores (
    call_id, policy_version, machine_score, human_score, state, passed, critical, codes
)
SELECT call_id, policy_version, machine_score, human_score, state, passed, critical, codes
FROM batch;

DELETE FROM deductions WHERE call_id IN (SELECT call_id FROM batch);
