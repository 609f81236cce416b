INSERT INTO failures (subject, at) VALUES (:subject, :now);
