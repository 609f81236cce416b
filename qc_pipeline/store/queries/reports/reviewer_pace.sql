-- How long reviewers worked, from verdict to verdict: a gap longer than `pause` minutes was no work.
WITH spoken AS (
    SELECT
        actor, "at",
        date_diff('millisecond', lag("at") OVER (PARTITION BY actor ORDER BY seq), "at") AS gap
    FROM register_events
    WHERE action IN (
        'finding.first_confirmed', 'finding.confirmed', 'finding.rejected', 'finding.unsure',
        'finding.added'
    )
)

SELECT
    actor AS reviewer,
    count(*) AS acts,
    count(*) FILTER (WHERE gap <= $pause * 60000) AS timed,
    coalesce(sum(gap) FILTER (WHERE gap <= $pause * 60000), 0) / 3600000.0 AS hours
FROM spoken
WHERE (CAST($since AS TIMESTAMPTZ) IS NULL OR "at" >= $since)
    AND (CAST($until AS TIMESTAMPTZ) IS NULL OR "at" < $until)
GROUP BY actor
ORDER BY actor;
