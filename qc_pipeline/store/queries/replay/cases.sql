SELECT
    case_id, customer_id, bank, product, assigned_at, as_of, amount_due, min_due, days_overdue,
    legal_status, credit_reportable, account_tail, known_from, known_to
FROM cases
WHERE case_id IN (SELECT case_id FROM batch)
ORDER BY rowid;
