DELETE FROM assignments WHERE call_id = :call_id;
