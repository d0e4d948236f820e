-- Warm water holds less oxygen and more nutrients; quality improves slowly over the year.
WITH reading AS (
    SELECT c.n * 2 + s AS section, c.code, d, day, (c.n * 2 + s) * 10000 + d AS i,
        cos(2 * pi() * (dayofyear(day) - 205) / 365) AS heat, c.haze
    FROM county c CROSS JOIN range(2) x(s) CROSS JOIN days_back(getvariable('days') * 4)
), index AS (
    SELECT *, 1.2 + 0.9 * haze * unit('section', section) + 0.25 * heat + 0.0004 * d + 0.28 * bell('water', i) AS dirt
            FROM reading
), graded AS (
    SELECT *, CASE WHEN dirt < 1.1 THEN 1 WHEN dirt < 1.75 THEN 2 WHEN dirt < 2.45 THEN 3 WHEN dirt < 2.9 THEN 4
            WHEN dirt < 3.3 THEN 5 ELSE 6 END AS grade,
        CASE WHEN unit('section', section) < 0.35 THEN 2 ELSE 3 END AS target
    FROM index
)
SELECT i AS _i, false AS _safe, code || 'W' || lpad((1 + section % 2)::VARCHAR, 2, '0') AS section_code, day,
    code AS county_code,
    ['I', 'II', 'III', 'IV', 'V', 'VI'][target] AS target_grade, ['I', 'II', 'III', 'IV', 'V', 'VI'][grade] AS grade,
    (grade <= target)::INTEGER AS meets_target,
    (7.4 + 0.25 * bell('ph', i))::DECIMAL(4, 2) AS ph,
    greatest(0.5, 9.2 - 1.6 * heat - 0.9 * dirt + 0.4 * bell('oxygen', i))::DECIMAL(6, 2) AS oxygen_mg_l,
    greatest(0.3, 1.7 * dirt)::DECIMAL(6, 2) AS permanganate_mg_l,
    greatest(0.02, 0.24 * dirt + 0.05 * bell('ammonia', i))::DECIMAL(7, 3) AS ammonia_mg_l,
    greatest(0.005, 0.05 * dirt + 0.01 * bell('phosphorus', i))::DECIMAL(7, 3) AS phosphorus_mg_l
FROM graded
