SELECT
    findings.finding_id, findings.code, findings.sub_code, findings.severity, findings.detector,
    findings.rule_id, findings.rule_version, findings.speaker, findings.listener,
    findings.responsible_party, findings.utterance_index, findings.start_offset,
    findings.end_offset, findings.start_s, findings.end_s, findings.utterance, findings.matched,
    findings.score, findings.status, findings.machine_severity, findings.reasons,
    findings.created_at, reviews.state AS review_state, reviews.first_by, reviews.first_at,
    reviews.decided_by, reviews.decided_at, reviews.reason AS reject_reason,
    reviews.note AS review_note, reviews.unsure_by
FROM findings
JOIN visible_calls($scope_team, $scope_bank, $scope_agent) AS calls USING (call_id)
LEFT JOIN finding_reviews AS reviews USING (finding_id)
WHERE findings.call_id = $call_id AND findings.day IS NOT DISTINCT FROM $day
    AND (findings.superseded_at IS NULL
        OR findings.status IN ('confirmed', 'rejected', 'overturned'))
ORDER BY findings.start_s NULLS LAST, findings.finding_id;
