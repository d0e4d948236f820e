WITH rows AS (SELECT *
FROM (SELECT *
FROM visits
WHERE NOT "place" IS NULL AND NOT ENDS_WITH("place", '00')) AS counted
WHERE STARTS_WITH("place", $1)),
answer AS (SELECT DATE_TRUNC('MONTH', "day") AS "period", SUBSTRING("place", 1, 6) AS "region", "kind" AS "kind", SUM("n") AS "numerator"
FROM rows
GROUP BY DATE_TRUNC('MONTH', "day"), SUBSTRING("place", 1, 6), "kind")
/* value = round(numerator, 1), half away from zero */ SELECT "a"."period", "a"."region", "a"."kind", "a"."numerator", "y"."numerator" AS "numerator_y", "p"."numerator" AS "numerator_p"
FROM answer AS a
LEFT JOIN answer AS y ON "y"."period" = "a"."period" - INTERVAL '1' YEAR AND "a"."region" IS NOT DISTINCT FROM "y"."region" AND "a"."kind" IS NOT DISTINCT FROM "y"."kind"
LEFT JOIN answer AS p ON "p"."period" = "a"."period" - INTERVAL '1' MONTH AND "a"."region" IS NOT DISTINCT FROM "p"."region" AND "a"."kind" IS NOT DISTINCT FROM "p"."kind"
ORDER BY "a"."period", "a"."region", "a"."kind"
LIMIT 20001
