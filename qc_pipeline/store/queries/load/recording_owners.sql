SELECT recording_sha256, arg_min(call_id, load_number) AS call_id
FROM calls
WHERE recording_sha256 IS NOT NULL AND state <> 'duplicate'
GROUP BY recording_sha256;
