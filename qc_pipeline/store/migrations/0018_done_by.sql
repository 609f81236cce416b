-- Who has nothing left to say of a call: whoever has spoken of every finding that waits. It stood in
-- the reviews, all of which a page of the queue had to look through.
ALTER TABLE call_tasks ADD COLUMN done_by VARCHAR[];

-- As in 0014, with `done_by`.
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
        list(spoken) AS spoken,
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
    coalesce(by_call.first.reason, '') AS reason,
    list_filter(
        coalesce(by_call.first_by, []::VARCHAR[]),
        lambda who: len(list_filter(by_call.spoken, lambda said: list_contains(said, who)))
            = by_call.waiting
    ) AS done_by
FROM by_call
FULL JOIN emergency USING (call_id)
FULL JOIN complaint USING (call_id);

-- As in 0016, with `done_by`.
CREATE OR REPLACE MACRO placed_tasks(everything, call_ids) AS TABLE
SELECT
    tasks.* EXCLUDE (done_by), calls.started_at, calls.agent_id,
    coalesce(calls.team, (
        SELECT arg_max(staff.team, coalesce(staff.valid_from, staff.known_from)) FROM staff
        WHERE staff.agent_id = calls.agent_id AND staff.known_to IS NULL
            AND (staff.valid_from IS NULL OR staff.valid_from <= calls.started_at)
            AND (staff.valid_to IS NULL OR staff.valid_to > calls.started_at)
    )) AS team,
    coalesce(calls.bank, (
        SELECT max(cases.bank) FROM cases
        WHERE cases.case_id = calls.case_id AND cases.known_to IS NULL
    )) AS bank,
    calls.recording_duration_s, tasks.done_by
FROM wanted_tasks(everything, call_ids) AS tasks
JOIN calls ON calls.call_id = tasks.call_id;

DELETE FROM call_tasks;
INSERT INTO call_tasks SELECT * FROM placed_tasks(true, []::VARCHAR[]);
