SELECT appeal_id
FROM appeals
WHERE case_id = $case_id AND state IN ('upheld', 'partly_upheld')
    AND (against = 'sanction' OR level IS NOT NULL);
