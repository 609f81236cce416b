SELECT count(*) AS calls
FROM calls
WHERE started_at IS NOT NULL
    AND (CAST($since AS TIMESTAMPTZ) IS NULL OR started_at >= $since)
    AND (CAST($until AS TIMESTAMPTZ) IS NULL OR started_at < $until);
