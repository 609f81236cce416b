SELECT DISTINCT recording_key FROM calls WHERE recording_key IS NOT NULL ORDER BY recording_key;
