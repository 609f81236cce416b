SELECT first_by, decided_by
FROM finding_reviews
WHERE list_contains($findings::VARCHAR [], finding_id);
