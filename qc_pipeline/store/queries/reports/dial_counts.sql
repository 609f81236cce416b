-- Dials of one number by day: all, answered, the most in any rolling hour, and in quiet hours.
WITH dials AS (
    SELECT
        started_at, CAST(started_at AS DATE) AS day, answered,
        count(*) OVER (
            ORDER BY started_at RANGE BETWEEN INTERVAL 1 HOUR PRECEDING AND CURRENT ROW
        ) AS within_hour
    FROM calls
    WHERE phone_key = $phone_key AND source = 'phone'
        AND coalesce(direction, 'outbound') = 'outbound' AND started_at IS NOT NULL
)

SELECT
    day, count(*) AS dials, count(*) FILTER (WHERE answered) AS answered,
    max(within_hour) AS most_in_an_hour, min(started_at) AS first_at, max(started_at) AS last_at
FROM dials
WHERE (CAST($since AS TIMESTAMPTZ) IS NULL OR started_at >= $since)
    AND (CAST($until AS TIMESTAMPTZ) IS NULL OR started_at < $until)
GROUP BY day
ORDER BY day;
