SELECT complaint_id, calls FROM complaints WHERE complaint_id = $id;
