SELECT case_id, call_id, findings FROM discipline_cases WHERE case_id = $id;
