SELECT
    suppressed.finding_id, suppressed.code, suppressed.rule_id, suppressed.detector,
    suppressed.utterance_index, suppressed.start_s, suppressed.end_s, suppressed.utterance,
    suppressed.matched, suppressed.score, suppressed.reasons
FROM suppressed
JOIN visible_calls($scope_team, $scope_bank, $scope_agent) AS calls USING (call_id)
WHERE suppressed.call_id = $call_id AND suppressed.day IS NOT DISTINCT FROM $day
ORDER BY suppressed.start_s NULLS LAST, suppressed.finding_id;
