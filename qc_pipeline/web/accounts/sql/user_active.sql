UPDATE users SET active = :active WHERE folded = :folded RETURNING name;
