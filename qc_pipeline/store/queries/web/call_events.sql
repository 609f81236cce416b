SELECT events.kind, events.utterance_index, events.start_s, events.matched, events.detail
FROM events
JOIN visible_calls($scope_team, $scope_bank, $scope_agent) AS calls USING (call_id)
WHERE events.call_id = $call_id AND events.day IS NOT DISTINCT FROM $day
ORDER BY events.start_s, events.kind;
