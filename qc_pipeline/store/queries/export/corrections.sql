SELECT call_id, index, recognised, text, corrected_by, corrected_at
FROM transcript_corrections
ORDER BY call_id, index;
