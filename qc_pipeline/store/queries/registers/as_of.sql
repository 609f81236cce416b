-- The rows of one register as its log had made them by a moment. `$structure` names the columns
-- and types of the register's table.
WITH latest AS (
    SELECT max(seq) AS seq
    FROM register_history
    WHERE register = $register AND "at" <= $moment
    GROUP BY key
)

SELECT unnest(from_json(entry, $structure))
FROM register_history
JOIN latest USING (seq);
