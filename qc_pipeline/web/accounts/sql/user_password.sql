UPDATE users SET password = :password WHERE folded = :folded RETURNING name;
