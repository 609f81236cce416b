UPDATE users SET locale = :locale WHERE name = :name;
