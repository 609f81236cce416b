-- MD-15 to MD-18. `batch` has the kinds of flags and what each binds. A flag binds a dial only
-- if it was approved, so that the dialler could see it, before the dial.
WITH kinds AS (
    SELECT f.*, k.binds FROM binding_flags AS f INNER JOIN batch AS k ON k.kind = f.kind
    WHERE f.approved_at IS NOT NULL
),
bound AS (
    SELECT d.*, f.kind, f.valid_from, f.stated_to, f.valid_to, f.approved_at, f.source
    FROM contact_dials AS d INNER JOIN kinds AS f ON f.case_id = d.case_id
    WHERE f.binds = 'case'
        OR (f.kind = 'third_party_refused' AND f.phone_key IS NULL AND d.third_party)
        OR (f.kind <> 'third_party_refused'
            AND (f.phone_key IS NULL OR f.phone_key = d.phone_key))
    UNION ALL
    SELECT d.*, f.kind, f.valid_from, f.stated_to, f.valid_to, f.approved_at, f.source
    FROM contact_dials AS d INNER JOIN kinds AS f ON f.phone_key = d.phone_key
    WHERE f.kind = 'third_party_refused' OR f.case_id IS NULL
)
SELECT
    call_id, any_value(started_at) AS started_at, any_value(dial_mode) AS dial_mode,
    any_value(certain) AS certain, kind,
    arg_min(valid_from, approved_at) AS valid_from, min(approved_at) AS approved_at,
    arg_min(source, approved_at) AS source,
    kind = 'inconvenient_time' AND any_value(callback) IS NULL AS grant_undated,
    kind = 'inconvenient_time' AND count(stated_to) = 0 AS end_unknown
FROM bound
WHERE approved_at < started_at AND valid_from <= started_at
    AND (valid_to IS NULL OR started_at < valid_to)
    AND NOT (kind = 'inconvenient_time' AND coalesce(callback, false))
GROUP BY call_id, kind
ORDER BY call_id, kind;
