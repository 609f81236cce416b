-- What was said in the calls of `batch` that registers rest on.
SELECT call_id, kind, utterance_index, start_s, matched, detail FROM events
WHERE call_id IN (SELECT call_id FROM batch)
    AND kind IN (SELECT unnest(CAST($kinds AS VARCHAR[])))
ORDER BY call_id, start_s, utterance_index;
