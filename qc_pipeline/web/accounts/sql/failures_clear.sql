DELETE FROM failures WHERE subject = :subject OR at < :before;
