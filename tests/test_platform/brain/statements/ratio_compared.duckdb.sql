WITH rows AS (SELECT *
FROM (SELECT *
FROM visits
WHERE NOT "place" IS NULL AND NOT ENDS_WITH("place", '00')) AS counted),
answer AS (SELECT DATE_TRUNC('YEAR', "day") AS "period", COUNT(*) FILTER(WHERE "n" > 0) AS "numerator", COUNT(*) AS "denominator"
FROM rows
GROUP BY DATE_TRUNC('YEAR', "day"))
/* value = round(numerator * 100 / denominator, 1), half away from zero */ SELECT "a"."period", "a"."numerator", "a"."denominator", "y"."numerator" AS "numerator_y", "y"."denominator" AS "denominator_y"
FROM answer AS a
LEFT JOIN answer AS y ON "y"."period" = "a"."period" - INTERVAL '1' YEAR
ORDER BY "a"."period"
LIMIT 20001
