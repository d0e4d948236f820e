-- Heat and cold drive households and shops, the working week and Spring Festival the factories.
WITH cell AS (
    SELECT c.n, c.code AS county_code, c.gdp, d, day, sector, base, customers, c.n * 100000 + d * 8 + s AS i,
        greatest(0, cos(2 * pi() * (dayofyear(day) - 205) / 365)) AS heat,
        greatest(0, cos(2 * pi() * (dayofyear(day) - 20) / 365)) AS cold
    FROM county c CROSS JOIN days_back(getvariable('days') * 8)
    CROSS JOIN (VALUES (0, 'primary', 0.6, 3), (1, 'industry', 40.0, 6), (2, 'service', 11.0, 30),
        (3, 'household', 10.0, 210)) v(s, sector, base, customers)
), load AS (
    SELECT *, gdp * 600 * base * (1 - 0.00012 * d) * (1 + 0.03 * bell('power day', i)) * CASE sector
        WHEN 'industry' THEN (1 + 0.10 * heat) * (1 - 0.55 * festival(day)) * CASE
            WHEN is_weekend(day) THEN 0.88 ELSE 1 END
        WHEN 'household' THEN (1 + 0.75 * heat + 0.45 * cold) * CASE WHEN is_weekend(day) THEN 1.06 ELSE 1 END
        WHEN 'service' THEN (1 + 0.55 * heat + 0.20 * cold) * (1 - 0.20 * festival(day))
            ELSE 1 + 0.25 * heat END AS kwh
    FROM cell
)
SELECT i AS _i, false AS _safe, day, county_code, sector, kwh::DECIMAL(18, 2) AS power_kwh,
    (kwh / 24 * (1.25 + 0.2 * heat))::DECIMAL(18, 2) AS peak_kw, (gdp * 40 * customers)::INTEGER AS customers
FROM load
