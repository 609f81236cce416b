SELECT * FROM complaints_as_of($as_of) ORDER BY received_at, complaint_id;
