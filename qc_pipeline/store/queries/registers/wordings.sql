SELECT line_id, call_id, index, text, recognised, corrected_by, corrected_at FROM transcript_corrections;
