SELECT DISTINCT unnest(json_keys(extra)) AS name FROM calls ORDER BY name;
