-- MD-01. [from, to) of each window; one whose end is before its start crosses midnight.
SELECT
    d.call_id, d.started_at, d.dial_mode, d.certain, w.opens, w.closes, w.severity,
    d.callback IS NULL OR d.night_call IS NULL AS grant_undated
FROM contact_dials AS d
INNER JOIN (
    SELECT
        CAST(win.opens AS TIME) AS opens, CAST(win.closes AS TIME) AS closes, win.severity
    FROM (SELECT unnest($windows) AS win)
) AS w ON CASE
    WHEN w.opens < w.closes THEN d.clock >= w.opens AND d.clock < w.closes
    ELSE d.clock >= w.opens OR d.clock < w.closes
END
WHERE NOT coalesce(d.callback, false) AND NOT coalesce(d.night_call, false)
ORDER BY d.call_id, w.opens;
