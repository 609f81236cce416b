-- Calls of a period that share a case, a number, a customer or a collector with what is sought.
SELECT call_id, agent_id, case_id, phone_key, customer_id, started_at
FROM calls
WHERE started_at BETWEEN $since AND $until
    AND (
        case_id = $case_id OR phone_key = $phone_key OR customer_id = $customer_id
        OR list_contains($agent_ids::VARCHAR[], agent_id)
    )
ORDER BY
    (case_id IS NOT DISTINCT FROM $case_id)::INTEGER
        + (phone_key IS NOT DISTINCT FROM $phone_key)::INTEGER DESC,
    started_at DESC
LIMIT $most;
