SELECT MIN(`day`) AS `first`, MAX(`day`) AS `last`
FROM (SELECT *
FROM visits
WHERE (`n` >= 0 AND NOT `kind` IS NULL) AND NOT `place` IS NULL AND NOT ENDSWITH(`place`, '00')) AS counted
