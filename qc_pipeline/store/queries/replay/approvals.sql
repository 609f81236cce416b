SELECT case_id, bank, product, kind, valid_from, until, detail, known_from, known_to
FROM approvals
WHERE case_id IS NULL OR case_id IN (SELECT case_id FROM batch)
ORDER BY rowid;
