SELECT call_id, code, sub_code, start_s, end_s, rule_id
FROM findings
WHERE list_contains($call_ids, call_id)
  AND superseded_at IS NULL
  AND status IN ('open', 'quarantined', 'confirmed')
ORDER BY call_id, code, start_s;
