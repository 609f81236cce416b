-- The order inside a tier also serves learning: a share of the findings, chosen by their ids, counts
-- by how uncertain it is where that is more than its score. A certain one never sinks.
CREATE OR REPLACE MACRO yield_score(score, finding_id, share) AS
    CASE
        WHEN ('0x' || left(md5(finding_id), 6))::BIGINT < share * 16777216
        THEN greatest(score, 1 - abs(2 * score - 1))
        ELSE score
    END;

-- As in 0006, with that weight (`uncertain_share` of the policy); `first_by` are all who have spoken
-- of a finding that waits and can't decide it: the first reviewer, and who was unsure.
-- The rows `call_tasks` should have for these calls (or for all).
CREATE OR REPLACE MACRO wanted_tasks(everything, call_ids) AS TABLE
WITH chosen AS (SELECT unnest(call_ids) AS call_id),

waiting AS (
    SELECT
        findings.call_id, findings.finding_id, findings.code, findings.severity, findings.detector,
        findings.score, findings.start_s, findings.utterance, findings.matched,
        findings.created_at, findings.reasons[1] AS reason, reviews.first_by,
        list_concat([reviews.first_by], coalesce(reviews.unsure_by, [])) AS spoken,
        CASE WHEN reviews.first_by IS NULL THEN findings.status ELSE 'awaiting_second' END AS status,
        CASE
            WHEN findings.status = 'quarantined' THEN 3
            WHEN findings.severity = 'critical' THEN 2
            WHEN findings.severity = 'major' THEN 4
            WHEN findings.severity = 'minor' THEN 5
            ELSE 6
        END AS tier,
        yield_score(findings.score, findings.finding_id, 0.1) * CASE findings.severity
            WHEN 'critical' THEN 100
            WHEN 'major' THEN 25
            WHEN 'minor' THEN 5
            ELSE 1
        END AS weight
    FROM findings
    LEFT JOIN finding_reviews AS reviews USING (finding_id)
    WHERE findings.status IN ('open', 'quarantined') AND findings.superseded_at IS NULL
        AND (everything OR findings.call_id IN (SELECT call_id FROM chosen))
),

by_call AS (
    SELECT
        call_id, min(tier) AS tier, max(weight) AS weight, count(*) AS waiting,
        count(*) FILTER (WHERE severity = 'critical') AS critical,
        list_sort(list(DISTINCT code)) AS codes,
        list_sort(list(DISTINCT detector)) AS detectors,
        list_sort(list(DISTINCT status)) AS statuses,
        list_sort(list_filter(list_distinct(flatten(list(spoken))), lambda who: who IS NOT NULL))
            AS first_by,
        min(created_at) FILTER (WHERE severity = 'critical') AS oldest_critical_at,
        min(created_at) FILTER (WHERE severity = 'major') AS oldest_major_at,
        arg_min(
            struct_pack(finding_id, code, severity, score, start_s, utterance, matched, reason),
            struct_pack(tier, lighter := -weight, finding_id)
        ) AS first
    FROM waiting
    GROUP BY call_id
),

emergency AS (
    SELECT
        events.call_id, min(events.start_s) AS start_s,
        arg_min(coalesce(utterances.text, events.matched), events.start_s) AS utterance,
        arg_min(events.matched, events.start_s) AS matched
    FROM events
    LEFT JOIN utterances
        ON utterances.call_id = events.call_id AND utterances.index = events.utterance_index
    ANTI JOIN emergency_acknowledgements AS known ON known.call_id = events.call_id
    WHERE events.kind = 'emergency'
        AND (everything OR events.call_id IN (SELECT call_id FROM chosen))
    GROUP BY events.call_id
),

complaint AS (
    SELECT
        complaints.calls[1] AS call_id, min(complaints.first_reply_due) AS due_at,
        min(array_to_string(complaints.words, '、')) AS words
    FROM complaints
    WHERE complaints.proposed AND len(complaints.calls) > 0
        AND (everything OR complaints.calls[1] IN (SELECT call_id FROM chosen))
    GROUP BY complaints.calls[1]
)

SELECT
    call_id,
    CASE
        WHEN emergency.call_id IS NOT NULL THEN 0
        WHEN complaint.call_id IS NOT NULL THEN 1
        ELSE by_call.tier
    END::TINYINT AS tier,
    coalesce(by_call.weight, 0) AS weight,
    coalesce(by_call.waiting, 0)::INTEGER AS waiting,
    coalesce(by_call.critical, 0)::INTEGER AS critical,
    coalesce(by_call.codes, []::VARCHAR[]) AS codes,
    coalesce(by_call.detectors, []::VARCHAR[]) AS detectors,
    coalesce(by_call.statuses, []::VARCHAR[]) AS statuses,
    coalesce(by_call.first_by, []::VARCHAR[]) AS first_by,
    by_call.oldest_critical_at, by_call.oldest_major_at, complaint.due_at,
    by_call.first.finding_id, by_call.first.code, by_call.first.severity, by_call.first.score,
    coalesce(emergency.start_s, by_call.first.start_s) AS start_s,
    coalesce(emergency.utterance, by_call.first.utterance, complaint.words, '') AS utterance,
    coalesce(emergency.matched, by_call.first.matched, complaint.words, '') AS matched,
    coalesce(by_call.first.reason, '') AS reason
FROM by_call
FULL JOIN emergency USING (call_id)
FULL JOIN complaint USING (call_id);
