UPDATE scans SET finished_at = now(), summary = $summary WHERE scan_id = $scan_id;
