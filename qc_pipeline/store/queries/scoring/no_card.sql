-- Cards of calls that nobody listened to and nothing was found about.
SELECT s.call_id
FROM scores AS s
LEFT JOIN calls AS c ON c.call_id = s.call_id
WHERE ($everything OR s.call_id IN (SELECT unnest(CAST($call_ids AS VARCHAR[]))))
    AND coalesce(c.state, '') NOT IN ('scanned', 'mismatch')
    AND NOT EXISTS (
        SELECT 1 FROM findings AS f
        WHERE f.call_id = s.call_id
            AND (f.superseded_at IS NULL OR f.status IN ('confirmed', 'rejected', 'overturned'))
    )
ORDER BY s.call_id;
