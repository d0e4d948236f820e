WITH rows AS (SELECT *
FROM (SELECT *
FROM (SELECT *, MAX(`day`) OVER (PARTITION BY DATE_TRUNC('QUARTER', `day`)) AS _w
FROM visits
WHERE (`n` >= 0 AND NOT `kind` IS NULL) AND NOT `place` IS NULL AND NOT ENDSWITH(`place`, '00')) AS _t
WHERE `day` = _w) AS counted),
answer AS (SELECT DATE_TRUNC('QUARTER', `day`) AS `period`, SUBSTRING(`place`, 1, 4) || '00' AS `region`, SUM(`n`) AS `numerator`
FROM rows
GROUP BY DATE_TRUNC('QUARTER', `day`), SUBSTRING(`place`, 1, 4) || '00')
/* value = round(numerator, 1), half away from zero */ SELECT `a`.`period`, `a`.`region`, `a`.`numerator`
FROM answer AS a
ORDER BY `a`.`period`, `a`.`region`
LIMIT 20001
