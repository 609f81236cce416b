SELECT appeal_id
FROM appeals
WHERE
    state IN ('late', 'open')
    AND (case_id = $case_id OR list_contains($findings::VARCHAR [], finding_id))
ORDER BY appeal_id;
