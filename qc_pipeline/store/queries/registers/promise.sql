SELECT
    promise_id, state, case_id, amount, promised_at, due_at, recorded_by, recorded_at, call_id,
    agent_id, words, paid, payments_as_of, settled_at, cancel_reason
FROM promises
WHERE promise_id = $promise_id;
