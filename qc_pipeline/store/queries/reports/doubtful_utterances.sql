SELECT
    count(*) AS utterances,
    count(suspect) AS suspect,
    count(DISTINCT call_id) FILTER (WHERE suspect LIKE 'hard_to_hear%') AS hard_calls
FROM utterances;
