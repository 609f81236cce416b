SELECT
    task_id, agent_id, kind, finding_id, case_id, action, owner, due_at, state, opened_by,
    opened_at, reported_at, report, checked_by, checked_at, result
FROM coaching_tasks
ORDER BY state IN ('done', 'cancelled'), due_at, task_id;
