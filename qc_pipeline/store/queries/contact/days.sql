SELECT DISTINCT day FROM collection_dials ORDER BY day;
