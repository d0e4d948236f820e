-- Plum rains in June, typhoons in August and September fill; winter draws down.
WITH reading AS (
    SELECT c.n * 2 + s AS reservoir, c.code, d, day, (c.n * 2 + s) * 10000 + d AS i,
        exp(-pow((dayofyear(day) - 172) / 18.0, 2)) + 0.8 * exp(-pow((dayofyear(day) - 240) / 22.0, 2)) AS rain
    FROM county c CROSS JOIN range(2) x(s) CROSS JOIN days_back(getvariable('days') * 4)
    WHERE chance('reservoir', c.n * 2 + s, 660)
), level AS (
    SELECT *, (40 + 120 * unit('height', reservoir))::DECIMAL(8, 2) AS limit_level,
        8 + 90 * unit('size', reservoir) AS million,
        -0.06 + 0.05 * rain + 0.012 * bell('level', reservoir * 1000 + d // 7) + 0.002 * bell('gauge', i) AS over
    FROM reading
)
SELECT i AS _i, false AS _safe, code || 'R' || lpad((1 + reservoir % 2)::VARCHAR, 2, '0') AS reservoir_code, day,
    code AS county_code,
    (limit_level * (1 + over))::DECIMAL(8, 2) AS level_m, limit_level AS limit_level_m,
    (million * 1000000 * (1 + 4 * over))::DECIMAL(18, 2) AS storage_m3,
    (million * (0.05 + 0.9 * rain) * (1 + 0.2 * bell('inflow', i)))::DECIMAL(10, 2) AS inflow_m3_s,
    (million * (0.08 + 0.7 * rain) * (1 + 0.1 * bell('outflow', i)))::DECIMAL(10, 2) AS outflow_m3_s
FROM level
