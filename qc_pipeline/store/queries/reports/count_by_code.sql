SELECT code, count(DISTINCT call_id) AS calls
FROM findings
WHERE superseded_at IS NULL AND status IN ('open', 'quarantined', 'confirmed')
GROUP BY code
ORDER BY code;
