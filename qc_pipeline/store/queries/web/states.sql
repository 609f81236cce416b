SELECT state, count(*) AS calls FROM calls GROUP BY state ORDER BY calls DESC, state;
