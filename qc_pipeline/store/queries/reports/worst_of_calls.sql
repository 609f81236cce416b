-- One row a call with its score and the one finding a reviewer should hear first.
WITH standing AS (
    SELECT *
    FROM findings
    WHERE superseded_at IS NULL AND status IN ('open', 'quarantined', 'confirmed')
),
worst AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY call_id
            ORDER BY
                CASE status WHEN 'quarantined' THEN 1 ELSE 0 END,
                CASE severity
                    WHEN 'critical' THEN 0 WHEN 'major' THEN 1 WHEN 'minor' THEN 2 ELSE 3
                END,
                score DESC, start_s, finding_id
        ) AS place
    FROM standing
),
codes AS (
    SELECT
        call_id,
        list(DISTINCT code ORDER BY code) FILTER (status <> 'quarantined') AS open_codes,
        list(DISTINCT code ORDER BY code) FILTER (status = 'quarantined') AS waiting_codes
    FROM standing
    GROUP BY call_id
)
SELECT
    calls.call_id,
    calls.state,
    calls.state_reason,
    scores.machine_score,
    scores.critical,
    codes.open_codes,
    codes.waiting_codes,
    worst.finding_id,
    worst.code AS worst_code,
    worst.status AS worst_status,
    worst.start_s,
    worst.end_s,
    worst.utterance,
    worst.reasons
FROM calls
LEFT JOIN scores USING (call_id)
LEFT JOIN codes USING (call_id)
LEFT JOIN (
    SELECT scores.call_id, coalesce(sum(deductions.points), 0) AS taken
    FROM scores LEFT JOIN deductions USING (call_id)
    GROUP BY scores.call_id
) AS points ON points.call_id = calls.call_id
LEFT JOIN worst ON worst.call_id = calls.call_id AND worst.place = 1
-- A score that nobody knows stands where the points taken so far would put it.
ORDER BY coalesce(scores.machine_score, 100 - points.taken) NULLS LAST, calls.call_id
LIMIT $most;
