SELECT * FROM call_acoustics ORDER BY call_id;
