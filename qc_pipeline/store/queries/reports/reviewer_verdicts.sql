-- Verdicts that count, by who gave them, and how many of them did not stand: overturned by an
-- appeal, or a first opinion with which the second reviewer didn't agree.
WITH given AS (
    SELECT
        decided_by AS reviewer, decided_at AS given_at, state = 'overturned' AS overturned,
        false AS contradicted
    FROM finding_reviews
    WHERE state IN ('confirmed', 'rejected', 'overturned') AND decided_by IS NOT NULL
    UNION ALL
    SELECT
        first_by, first_at, state = 'overturned',
        state = 'rejected' OR code IS DISTINCT FROM coalesce(first_code, code)
    FROM finding_reviews
    WHERE state IN ('confirmed', 'rejected', 'overturned') AND first_by IS NOT NULL
)

SELECT
    reviewer,
    count(*) AS decided,
    count(*) FILTER (WHERE overturned) AS overturned,
    count(*) FILTER (WHERE contradicted) AS contradicted,
    count(*) FILTER (WHERE NOT overturned AND NOT contradicted) AS standing
FROM given
WHERE (CAST($since AS TIMESTAMPTZ) IS NULL OR given_at >= $since)
    AND (CAST($until AS TIMESTAMPTZ) IS NULL OR given_at < $until)
GROUP BY reviewer
ORDER BY reviewer;
