-- What was said and how: shouting and dead air as in the view `call_acoustics`.
SELECT
    utterances.index, utterances.speaker, utterances.listener, utterances.start_s,
    utterances.end_s, utterances.text, utterances.confidence, utterances.suspect,
    utterances.channel, utterances.louder_db, utterances.louder_db >= 10 AS shouted,
    utterances.pause_before_s, utterances.pause_before_s >= 5 AS after_dead_air,
    utterances.overlap_s, utterances.interrupts, utterances.level_dbfs, corrections.text AS corrected
FROM utterances
JOIN visible_calls($scope_team, $scope_bank, $scope_agent) AS calls USING (call_id)
LEFT JOIN transcript_corrections AS corrections
    ON corrections.call_id = utterances.call_id AND corrections.index = utterances.index
WHERE utterances.call_id = $call_id AND utterances.day IS NOT DISTINCT FROM $day
ORDER BY utterances.start_s, utterances.index;
