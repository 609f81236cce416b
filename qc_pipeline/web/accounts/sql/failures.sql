SELECT count(*) AS count, max(at) AS last FROM failures WHERE subject = :subject AND at > :since;
