WITH rows AS (SELECT *
FROM (SELECT *
FROM visits
WHERE NOT "place" IS NULL AND NOT ENDS_WITH("place", '00')) AS counted),
answer AS (SELECT "place" AS "region", "kind" AS "kind", 1 AS "n", NULL AS "last"
FROM rows
GROUP BY "place", "kind")
SELECT *
FROM answer AS a
