WITH rows AS (SELECT *, "place" AS "_leaf", LEFT("place", 4) AS "_city", CAST(DATE_TRUNC('QUARTER', "day") AS TIMESTAMP) AS "_period", CASE WHEN "n" > 0 THEN 'in' ELSE 'out' END AS "_class"
FROM (SELECT *
FROM visits
WHERE NOT "place" IS NULL AND NOT ENDS_WITH("place", '00')) AS counted
WHERE TRUE)
SELECT COALESCE("_leaf", "_city", '') AS "node", "_period" AS "period", "_class" AS "class", COUNT(DISTINCT "kind") AS "u", COUNT(*) AS "n"
FROM rows
GROUP BY GROUPING SETS (("_leaf", "_period", "_class"), ("_city", "_period", "_class"), ("_period", "_class"))
