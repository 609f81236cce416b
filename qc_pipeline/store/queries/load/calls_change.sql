-- A record that left a number changes what the number's other calls add up to.
UPDATE calls SET load_number = nextval('load_numbers')
WHERE phone_key IN (
    SELECT phone_key FROM calls
    WHERE phone_key IS NOT NULL AND call_id IN (SELECT call_id FROM batch)
);

UPDATE calls SET
    started_at = b.started_at, agent_id = b.agent_id, recording = b.recording,
    duration_s = b.duration_s, answered_at = b.answered_at, talk_s = b.talk_s,
    answered = b.answered, direction = b.direction, purpose = b.purpose,
    dial_mode = b.dial_mode, hangup_cause = b.hangup_cause, team = b.team, phone = b.phone,
    callee = b.callee, customer_id = b.customer_id, case_id = b.case_id, bank = b.bank,
    product = b.product, channels = b.channels, agent_note = b.agent_note,
    note_at = b.note_at, source = b.source, extra = b.extra, phone_key = b.phone_key,
    record_hash = b.record_hash, load_number = nextval('load_numbers')
FROM batch AS b
WHERE calls.call_id = b.call_id;
