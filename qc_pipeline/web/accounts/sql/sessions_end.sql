DELETE FROM sessions WHERE user = :user;
