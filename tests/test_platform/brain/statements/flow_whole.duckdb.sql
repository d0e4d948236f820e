WITH rows AS (SELECT *
FROM (SELECT *
FROM visits
WHERE NOT "place" IS NULL AND NOT ENDS_WITH("place", '00')) AS counted),
answer AS (SELECT SUM("n") AS "numerator"
FROM rows)
/* value = round(numerator, 1), half away from zero */ SELECT "a"."numerator"
FROM answer AS a
LIMIT 20001
