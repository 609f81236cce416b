INSERT OR REPLACE INTO transcript_corrections (line_id, call_id, index, text, recognised, corrected_by, corrected_at)
VALUES ($line_id, $call_id, $index, $text, $recognised, $corrected_by, $corrected_at);
