INSERT INTO orphans (folder, recording, reason)
SELECT $folder, recording, reason FROM batch
ON CONFLICT DO NOTHING;
