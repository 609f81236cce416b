SELECT DISTINCT recording_sha256, transcript_config
FROM calls
WHERE recording_sha256 IS NOT NULL AND transcript_config IS NOT NULL
ORDER BY ALL;
