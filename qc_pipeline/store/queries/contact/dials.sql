-- Each dial with what is known about its number and what was approved before it.
-- callback, night_call: true = approved, NULL = an approval without a date, false = none.
CREATE TEMP TABLE contact_dials AS
WITH base AS (
    SELECT
        d.call_id, d.started_at, d.day, d.clock, d.phone_key, d.case_id, d.callee, d.dial_mode,
        d.certain, coalesce(d.bank, k.bank) AS bank, coalesce(d.product, k.product) AS product
    FROM collection_dials AS d
    SEMI JOIN contact_scope USING (call_id)
    LEFT JOIN (
        SELECT case_id, arg_max(bank, coalesce(as_of, known_from)) AS bank,
            arg_max(product, coalesce(as_of, known_from)) AS product
        FROM cases WHERE known_to IS NULL GROUP BY case_id
    ) AS k ON k.case_id = d.case_id
),
grants AS (
    SELECT b.call_id, a.kind, a.valid_from
    FROM base AS b INNER JOIN approvals_in_force AS a ON a.case_id = b.case_id
    WHERE (a.valid_from IS NULL OR a.valid_from <= b.started_at)
        AND (a.until IS NULL OR b.started_at <= a.until)
        AND (a.bank IS NULL OR a.bank = b.bank)
        AND (a.product IS NULL OR a.product = b.product)
    UNION ALL
    SELECT b.call_id, a.kind, a.valid_from
    FROM base AS b INNER JOIN approvals_in_force AS a
        ON a.case_id IS NULL AND a.kind IN ('callback', 'night_call')
            AND (a.valid_from IS NULL OR a.valid_from <= b.started_at)
            AND (a.until IS NULL OR b.started_at <= a.until)
            AND (a.bank IS NULL OR a.bank = b.bank)
            AND (a.product IS NULL OR a.product = b.product)
),
granted AS (
    SELECT
        call_id,
        CASE WHEN bool_or(kind = 'callback' AND valid_from IS NOT NULL) THEN true
            WHEN bool_or(kind = 'callback') THEN NULL ELSE false END AS callback,
        CASE WHEN bool_or(kind = 'night_call' AND valid_from IS NOT NULL) THEN true
            WHEN bool_or(kind = 'night_call') THEN NULL ELSE false END AS night_call,
        true AS any_grant
    FROM grants GROUP BY call_id
),
relations AS (
    SELECT
        phone_key, case_id,
        bool_and(NOT list_contains($own_relations, relation))
            FILTER (NOT list_contains($unknown_relations, relation)) AS third_party
    FROM phones_known GROUP BY phone_key, case_id
),
numbers AS (
    SELECT phone_key, bool_and(third_party) AS third_party FROM relations GROUP BY phone_key
)
SELECT
    b.call_id, b.started_at, b.day, b.clock, b.phone_key, b.case_id, b.dial_mode, b.certain,
    coalesce(r.third_party, n.third_party, b.callee = 'third_party') AS third_party,
    CASE WHEN g.any_grant THEN g.callback ELSE false END AS callback,
    CASE WHEN g.any_grant THEN g.night_call ELSE false END AS night_call
FROM base AS b
LEFT JOIN granted AS g ON g.call_id = b.call_id
LEFT JOIN relations AS r ON r.phone_key = b.phone_key AND r.case_id = b.case_id
LEFT JOIN numbers AS n ON n.phone_key = b.phone_key;
