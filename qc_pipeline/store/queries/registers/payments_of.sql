SELECT case_id, paid_at, amount
FROM payments
WHERE known_to IS NULL AND list_contains($case_ids::VARCHAR[], case_id)
ORDER BY paid_at;
