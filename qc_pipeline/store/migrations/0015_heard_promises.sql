-- Of a promise that was heard in a call, and that nobody has accepted yet, sum or day may be unknown.
ALTER TABLE promises ALTER COLUMN amount DROP NOT NULL;
ALTER TABLE promises ALTER COLUMN due_at DROP NOT NULL;
