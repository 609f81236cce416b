-- MD-05, MD-06, MD-09, MD-10. Every dial counts, answered or not, unless a callback was
-- agreed. Each count includes the dial itself; of dials in the same second the greater call id
-- is the later. `sure_*` leaves out dials whose direction or agreement is uncertain.
WITH counted AS (
    SELECT *, CAST(certain AND callback IS NOT NULL AS INTEGER) AS sure
    FROM contact_dials
    WHERE phone_key IS NOT NULL AND NOT coalesce(callback, false)
),
totals AS (
    SELECT
        call_id, started_at, dial_mode, certain, third_party, callback IS NULL AS grant_undated,
        count(*) OVER in_day AS in_day,
        sum(sure) OVER in_day AS sure_in_day,
        count(*) OVER in_hour
            - count(*) OVER same_second + row_number() OVER same_second_ordered AS in_hour,
        sum(sure) OVER in_hour
            - sum(sure) OVER same_second + sum(sure) OVER same_second_ordered AS sure_in_hour
    FROM counted
    WINDOW
        in_day AS (
            PARTITION BY phone_key, day ORDER BY started_at, call_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ),
        in_hour AS (
            PARTITION BY phone_key ORDER BY started_at
            RANGE BETWEEN INTERVAL '59 minutes 59.999999 seconds' PRECEDING AND CURRENT ROW
        ),
        same_second AS (PARTITION BY phone_key, started_at),
        same_second_ordered AS (
            PARTITION BY phone_key, started_at ORDER BY call_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )
)
SELECT
    call_id, started_at, dial_mode, certain, third_party, grant_undated,
    in_day, CAST(sure_in_day AS BIGINT) AS sure_in_day,
    in_hour, CAST(sure_in_hour AS BIGINT) AS sure_in_hour
FROM totals
WHERE in_day > CASE WHEN third_party THEN $third_party_per_day ELSE $per_day END
    OR in_hour > CASE WHEN third_party THEN $third_party_per_hour ELSE $per_hour END
ORDER BY call_id;
