-- MD-08, MD-11, as far as somebody has set limits: of each dial without an agreed callback, which
-- answered call of the customer's day it is, minutes since the dial before of the same number, and
-- dials of that number within the window, itself included.
WITH counted AS (
    SELECT
        d.call_id, d.started_at, d.day, d.phone_key, d.dial_mode, d.certain,
        d.callback IS NULL AS grant_undated,
        coalesce(c.customer_id, c.case_id) AS customer,
        coalesce(c.answered, c.talk_s > 0, false) AS answered
    FROM contact_dials AS d INNER JOIN calls AS c USING (call_id)
    WHERE NOT coalesce(d.callback, false)
)
SELECT
    call_id, started_at, dial_mode, certain, grant_undated,
    CASE WHEN answered AND customer IS NOT NULL
        THEN count(*) FILTER (WHERE answered) OVER (
            PARTITION BY customer, day ORDER BY started_at, call_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) END AS talks,
    CASE WHEN phone_key IS NOT NULL
        THEN epoch(started_at - lag(started_at) OVER (
            PARTITION BY phone_key, day ORDER BY started_at, call_id
        )) / 60.0 END AS gap_minutes,
    CASE WHEN phone_key IS NULL THEN 1 ELSE count(*) OVER (
        PARTITION BY phone_key ORDER BY started_at
        RANGE BETWEEN to_minutes($window_minutes) PRECEDING AND CURRENT ROW
    ) END AS in_window
FROM counted
ORDER BY call_id;
