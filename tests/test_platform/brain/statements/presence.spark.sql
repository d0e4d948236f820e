WITH rows AS (SELECT *
FROM (SELECT *
FROM visits
WHERE NOT `place` IS NULL AND NOT ENDSWITH(`place`, '00')) AS counted
WHERE `kind` IN (:1, :2) AND DATE_TRUNC('MONTH', `day`) < :3),
answer AS (SELECT `place` AS `region`, DATE_TRUNC('QUARTER', `day`) AS `period`, COUNT(DISTINCT (`kind`, DATE_TRUNC('MONTH', `day`))) AS `n`, MAX(`day`) AS `last`
FROM rows
GROUP BY `place`, DATE_TRUNC('QUARTER', `day`))
SELECT *
FROM answer AS a
WHERE `a`.`period` >= :4 AND `a`.`period` <= :5
