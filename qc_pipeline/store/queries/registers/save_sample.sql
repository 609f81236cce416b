INSERT OR REPLACE INTO sample_reviews (call_id, heard_by, heard_at, clean, findings, note)
VALUES ($call_id, $heard_by, $heard_at, $clean, $findings, $note);
