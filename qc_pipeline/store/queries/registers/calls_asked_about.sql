-- Our calls that a bank's question can only mean: the one it names, else all that fit everything it
-- says of case, number and collector, near enough in time (a bare date: on that day).
SELECT call_id
FROM calls
WHERE CASE
    WHEN $call_id IS NOT NULL THEN call_id = $call_id
    ELSE coalesce($case_id, $phone_key) IS NOT NULL
        AND started_at BETWEEN $since AND $until
        AND ($case_id IS NULL OR case_id = $case_id)
        AND ($phone_key IS NULL OR phone_key = $phone_key)
        AND ($agent_id IS NULL OR agent_id = $agent_id)
END
ORDER BY call_id
LIMIT 2;
