-- Findings that two people judged: what each of them said it is (code and severity, or none).
SELECT
    coalesce(first_code, machine_code) || '/' || coalesce(first_severity, machine_severity) AS first,
    CASE WHEN state = 'rejected' THEN 'none' ELSE code || '/' || severity END AS second,
    count(*) AS findings
FROM finding_reviews
WHERE first_by IS NOT NULL AND state IN ('confirmed', 'rejected', 'overturned')
    AND (CAST($since AS TIMESTAMPTZ) IS NULL OR decided_at >= $since)
    AND (CAST($until AS TIMESTAMPTZ) IS NULL OR decided_at < $until)
GROUP BY ALL
ORDER BY ALL;
