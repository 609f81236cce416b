INSERT INTO scans (scan_id, started_at, manifest) VALUES ($scan_id, now(), $manifest);
