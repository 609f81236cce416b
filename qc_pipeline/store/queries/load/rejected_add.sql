-- A call id that is known already belongs to a good row: that one stands.
INSERT INTO calls (call_id, state, state_reason)
SELECT call_id, state, state_reason FROM batch
ON CONFLICT (call_id) DO NOTHING;
