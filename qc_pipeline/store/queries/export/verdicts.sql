-- Utterances on which people have decided everything, as lines of the training corpus. A rejection
-- teaches something about the words only when the words were the reason.
WITH judged AS (
    SELECT
        f.call_id,
        f.utterance_index,
        any_value(f.utterance) AS text,
        any_value(f.listener) AS callee,
        list_sort(list(DISTINCT f.code) FILTER (WHERE f.status = 'confirmed')) AS labels,
        min(f.code) FILTER (
            WHERE f.status = 'rejected' AND r.reason IN ('negated', 'quoted', 'lawful')
        ) AS innocent_of,
        count(*) FILTER (
            WHERE f.status <> 'confirmed'
            AND NOT coalesce(
                f.status = 'rejected' AND r.reason IN ('negated', 'quoted', 'lawful'), false
            )
        ) AS undecided
    FROM findings AS f
    LEFT JOIN finding_reviews AS r ON r.finding_id = f.finding_id
    WHERE
        f.speaker = 'agent'
        AND f.utterance_index IS NOT NULL
        AND f.detector IN ('lexicon', 'phonetic', 'classifier')
        AND (f.superseded_at IS NULL OR f.status IN ('confirmed', 'rejected', 'overturned'))
    GROUP BY f.call_id, f.utterance_index
)
SELECT
    'verdict-' || j.call_id || '-' || j.utterance_index AS id,
    j.text,
    'agent' AS speaker,
    j.callee,
    (
        SELECT u.text
        FROM utterances AS u
        WHERE u.call_id = j.call_id AND u.speaker = 'customer' AND u.index < j.utterance_index
        ORDER BY u.index DESC
        LIMIT 1
    ) AS prev,
    coalesce(j.labels, []::VARCHAR []) AS labels,
    CASE WHEN coalesce(len(j.labels), 0) = 0 THEN j.innocent_of END AS near_miss_of,
    'verdict' AS style,
    'verdicts' AS voice
FROM judged AS j
WHERE j.undecided = 0
ORDER BY j.call_id, j.utterance_index;
