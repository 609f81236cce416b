-- How far the log is ahead of its history: in a home from before histories were kept.
SELECT
    (SELECT count(*) FROM register_events WHERE action NOT LIKE 'chain.%')
    - (SELECT count(*) FROM register_history) AS missing;
