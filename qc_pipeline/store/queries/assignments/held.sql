SELECT call_id, holder FROM assignments WHERE until > :now;
