SELECT
    dispute_id, state, raised_at, recorded_by, recorded_at, about, case_id, phone, call_id,
    agent_id, paused_at, supervisor, notified_at, forwarded_way, forwarded_to, forwarded_at,
    decision, decided_at, ended_at, end_reason
FROM disputes;
