-- What was made of calls whose record now tells of another day goes with them.
UPDATE utterances SET day = b.day FROM batch AS b WHERE utterances.call_id = b.call_id;
UPDATE findings SET day = b.day FROM batch AS b WHERE findings.call_id = b.call_id;
UPDATE suppressed SET day = b.day FROM batch AS b WHERE suppressed.call_id = b.call_id;
UPDATE events SET day = b.day FROM batch AS b WHERE events.call_id = b.call_id;
