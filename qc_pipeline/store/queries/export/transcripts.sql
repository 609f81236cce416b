SELECT
    utterances.call_id, utterances.index, utterances.speaker, utterances.listener,
    utterances.start_s, utterances.end_s, utterances.text, utterances.raw_text,
    utterances.confidence, utterances.suspect,
    -- What a reviewer heard stands beside what was recognised, never in its place.
    corrections.text AS corrected_text, corrections.corrected_at
FROM utterances
LEFT JOIN transcript_corrections AS corrections
    ON corrections.call_id = utterances.call_id AND corrections.index = utterances.index
ORDER BY utterances.call_id, utterances.index;
