-- Findings of a code that we had made in these calls before a moment, and that nobody rejected.
SELECT finding_id
FROM findings
WHERE list_contains($call_ids::VARCHAR[], call_id) AND code = $code AND created_at < $before
    AND superseded_at IS NULL AND status NOT IN ('rejected', 'overturned')
ORDER BY finding_id;
