SELECT
    utterances.call_id, utterances.index, utterances.speaker, utterances.listener,
    utterances.start_s, utterances.end_s, utterances.text, utterances.raw_text,
    utterances.confidence, utterances.suspect, utterances.channel,
    corrections.text AS corrected_text, corrections.corrected_at
FROM utterances
LEFT JOIN transcript_corrections AS corrections
    ON corrections.call_id = utterances.call_id AND corrections.index = utterances.index
WHERE list_contains($call_ids::VARCHAR[], utterances.call_id)
ORDER BY utterances.call_id, utterances.index;
