-- How each utterance was said; what a call sounds like as a whole is a view over that.
ALTER TABLE utterances ADD COLUMN level_dbfs DOUBLE;
ALTER TABLE utterances ADD COLUMN louder_db DOUBLE;
ALTER TABLE utterances ADD COLUMN pace DOUBLE;
ALTER TABLE utterances ADD COLUMN pause_before_s DOUBLE;
ALTER TABLE utterances ADD COLUMN overlap_s DOUBLE;
ALTER TABLE utterances ADD COLUMN interrupts BOOLEAN;

-- Seconds, characters a second, dB. Shouting is 10 dB above the same side's usual level; dead air is
-- a pause of 5 s; an abrupt end leaves less than 0.3 s after the last word.
CREATE VIEW call_acoustics AS
SELECT
    u.call_id,
    sum(u.end_s - u.start_s) FILTER (u.speaker = 'agent') AS agent_talk_s,
    sum(u.end_s - u.start_s) FILTER (u.speaker = 'customer') AS customer_talk_s,
    sum(u.end_s - u.start_s) FILTER (u.speaker = 'agent')
        / nullif(sum(u.end_s - u.start_s) FILTER (u.speaker IN ('agent', 'customer')), 0)
        AS agent_share,
    greatest(any_value(c.recording_duration_s) - any_value(c.speech_s), 0) AS silence_s,
    max(u.pause_before_s) AS longest_pause_s,
    arg_max(u.start_s - u.pause_before_s, u.pause_before_s) AS longest_pause_at_s,
    count(*) FILTER (u.pause_before_s >= 5) AS dead_air,
    median(u.pace) FILTER (u.speaker = 'agent' AND u.end_s - u.start_s >= 1) AS agent_pace,
    median(u.pace) FILTER (u.speaker = 'customer' AND u.end_s - u.start_s >= 1) AS customer_pace,
    max(u.louder_db) FILTER (u.speaker = 'agent') AS agent_loudest_db,
    max(u.louder_db) FILTER (u.speaker = 'customer') AS customer_loudest_db,
    count(*) FILTER (u.louder_db >= 10) AS shouted,
    count(*) FILTER (u.interrupts AND u.speaker = 'agent') AS agent_interruptions,
    count(*) FILTER (u.interrupts AND u.speaker = 'customer') AS customer_interruptions,
    sum(u.overlap_s) / 2 AS overlap_s,
    any_value(c.recording_duration_s) - max(u.end_s) < 0.3 AS ended_abruptly
FROM utterances AS u
JOIN calls AS c ON c.call_id = u.call_id
WHERE u.level_dbfs IS NOT NULL
GROUP BY u.call_id;
