SELECT * FROM register_events WHERE "at" <= $moment;
