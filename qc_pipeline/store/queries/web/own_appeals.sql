SELECT appeal_id, against, finding_id, case_id, state, filed_at, due_at, grounds, decided_at, reasons
FROM appeals
WHERE agent_id = $scope_agent
    AND $scope_team IS NOT DISTINCT FROM NULL AND $scope_bank IS NOT DISTINCT FROM NULL
ORDER BY filed_at DESC, appeal_id;
