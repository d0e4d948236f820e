WITH rows AS (SELECT *
FROM (SELECT *
FROM visits
WHERE NOT `place` IS NULL AND NOT ENDSWITH(`place`, '00')) AS counted
WHERE CAST(`kind` AS STRING) = :1),
answer AS (SELECT DATE_TRUNC('DAY', `day`) AS `period`, SUM(`n`) AS `numerator`
FROM rows
GROUP BY DATE_TRUNC('DAY', `day`))
/* value = round(numerator, 1), half away from zero */ SELECT `a`.`period`, `a`.`numerator`
FROM answer AS a
WHERE `a`.`period` >= :2 AND `a`.`period` <= :3
ORDER BY `a`.`period`
LIMIT 20001
