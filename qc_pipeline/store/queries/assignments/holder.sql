SELECT holder, until FROM assignments WHERE call_id = :call_id AND until > :now;
