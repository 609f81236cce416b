SELECT scan_id, started_at, finished_at, manifest, summary
FROM scans
ORDER BY started_at DESC
LIMIT 30;
