DELETE FROM orphans
WHERE folder = $folder
    AND recording NOT IN (SELECT unnest(CAST($recordings AS VARCHAR[])));
