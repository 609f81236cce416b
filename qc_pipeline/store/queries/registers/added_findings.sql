SELECT finding_id FROM findings WHERE call_id = $call_id AND detector = 'human' ORDER BY finding_id;
