SELECT code, state, count(*) AS findings
FROM finding_reviews
GROUP BY code, state
ORDER BY code, state;
