SELECT bank, wording, known_from, known_to FROM designations ORDER BY rowid;
