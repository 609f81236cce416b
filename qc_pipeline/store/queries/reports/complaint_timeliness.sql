-- Complaints by channel: replies and decisions in time, late, and those that still wait.
SELECT
    complaints.channel,
    count(*) AS received,
    count(*) FILTER (WHERE first_reply_at <= first_reply_due) AS replied_in_time,
    count(*) FILTER (WHERE first_reply_at > first_reply_due) AS replied_late,
    count(*) FILTER (WHERE first_reply_at IS NULL AND $as_of <= first_reply_due) AS reply_waiting,
    count(*) FILTER (WHERE first_reply_at IS NULL AND $as_of > first_reply_due) AS reply_overdue,
    count(*) FILTER (WHERE decided_at <= decision_due) AS decided_in_time,
    count(*) FILTER (WHERE decided_at > decision_due) AS decided_late,
    count(*) FILTER (WHERE decided_at IS NULL AND $as_of > decision_due) AS decision_overdue
FROM complaints
WHERE state <> 'declined'
    AND (CAST($since AS TIMESTAMPTZ) IS NULL OR received_at >= $since)
    AND (CAST($until AS TIMESTAMPTZ) IS NULL OR received_at < $until)
    AND (($bank IS NULL AND $team IS NULL AND $agent IS NULL) OR EXISTS (
        SELECT 1 FROM calls
        WHERE list_contains(complaints.calls, calls.call_id)
            AND ($bank IS NULL OR calls.bank = $bank)
            AND ($team IS NULL OR calls.team = $team)
            AND ($agent IS NULL OR calls.agent_id = $agent)
    ))
GROUP BY channel
ORDER BY received DESC, channel;
