-- Nobody knows the score of a call that nobody heard, whatever else was found about it.
ALTER TABLE scores ALTER COLUMN machine_score DROP NOT NULL;
