SELECT state, count(*) AS cases, count(DISTINCT agent_id) AS agents
FROM discipline_cases
GROUP BY state
ORDER BY state;
