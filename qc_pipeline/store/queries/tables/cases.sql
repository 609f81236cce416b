-- Bring cases to the content of `batch`: rows that are gone stop being known, new ones start.
UPDATE cases SET known_to = now()
WHERE known_to IS NULL AND row_hash NOT IN (SELECT row_hash FROM batch);

INSERT INTO cases (
    case_id, customer_id, bank, product, assigned_at, as_of, amount_due, min_due,
    days_overdue, legal_status, credit_reportable, account_tail, row_hash, known_from
)
SELECT
    b.case_id, b.customer_id, b.bank, b.product, b.assigned_at, b.as_of, b.amount_due,
    b.min_due, b.days_overdue, b.legal_status, b.credit_reportable, b.account_tail,
    b.row_hash, now()
FROM batch AS b
WHERE NOT EXISTS (
    SELECT 1 FROM cases AS t WHERE t.known_to IS NULL AND t.row_hash = b.row_hash
);
