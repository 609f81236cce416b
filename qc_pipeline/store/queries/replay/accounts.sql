SELECT bank, account, holder, known_from, known_to FROM accounts ORDER BY rowid;
