SELECT finding_id, call_id FROM findings WHERE finding_id = $id;
