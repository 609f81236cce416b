-- Findings that wait for a verdict, inside each tier the gravest and surest first, with a share of
-- uncertain ones among them.
WITH waiting AS (
    SELECT
        findings.*, reviews.first_by, reviews.first_at, len(reviews.unsure_by) AS unsure,
        CASE
            WHEN findings.severity = 'critical' AND findings.status <> 'quarantined' THEN 1
            WHEN findings.status = 'quarantined' THEN 2
            WHEN findings.severity = 'major' THEN 3
            WHEN findings.severity = 'minor' THEN 4
            ELSE 5
        END AS tier_order,
        yield_score(findings.score, findings.finding_id, $uncertain_share) * CASE findings.severity
            WHEN 'critical' THEN $critical
            WHEN 'major' THEN $major
            WHEN 'minor' THEN $minor
            ELSE $info
        END AS weight
    FROM findings
    LEFT JOIN finding_reviews AS reviews USING (finding_id)
    WHERE findings.status IN ('open', 'quarantined')
        AND findings.superseded_at IS NULL
        AND ($reviewer IS NULL OR reviews.first_by IS DISTINCT FROM $reviewer)
        AND ($reviewer IS NULL OR NOT coalesce(list_contains(reviews.unsure_by, $reviewer), false))
)

SELECT
    waiting.finding_id, waiting.call_id, waiting.code, waiting.sub_code, waiting.severity,
    waiting.status, waiting.score, waiting.utterance, waiting.matched, waiting.start_s,
    waiting.end_s, waiting.reasons, waiting.created_at, waiting.first_by, waiting.unsure, calls.agent_id,
    calls.started_at
FROM waiting
JOIN calls USING (call_id)
WHERE $reviewer IS NULL OR calls.agent_id <> $reviewer
ORDER BY waiting.tier_order, waiting.weight DESC, calls.started_at, waiting.finding_id
LIMIT $most;
