-- A recording that another manifest names is nobody's orphan.
DELETE FROM orphans WHERE recording IN (SELECT recording FROM calls WHERE recording IS NOT NULL);
