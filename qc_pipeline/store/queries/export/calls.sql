SELECT
    c.call_id,
    c.state,
    coalesce(c.recording_duration_s, c.duration_s) AS duration_s,
    c.recording_channels AS channels,
    CASE WHEN s.state = 'final' THEN s.human_score ELSE s.machine_score END AS score,
    s.state AS score_state,
    s.passed,
    s.critical,
    s.codes,
    c.started_at, c.agent_id, c.recording, c.answered_at, c.talk_s, c.answered, c.direction,
    c.purpose, c.dial_mode, c.hangup_cause, c.team, c.phone, c.callee, c.customer_id, c.case_id,
    c.bank, c.product, c.agent_note, c.note_at, c.source,
    c.duration_s AS manifest_duration_s,
    c.channels AS manifest_channels,
    CAST(c.extra AS VARCHAR) AS extra
FROM calls AS c
LEFT JOIN scores AS s ON s.call_id = c.call_id
ORDER BY c.call_id;
