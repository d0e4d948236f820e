-- County x industry x month since January five years back: trend, spring-festival dip, strong year-end.
WITH cell AS (
    SELECT c.n * 100 + i.code::INTEGER AS cell, c.code AS county_code, i.code AS industry_code,
        c.gdp * (0.15 + 1.7 * unit('weight', c.n * 100 + i.code::BIGINT)) * CASE
            WHEN i.code IN ('17', '26', '34', '38', '39', '36') THEN 3.2
            WHEN i.code IN ('18', '28', '29', '33', '35', '27') THEN 1.6
                WHEN i.code IN ('16', '43', '42', '41') THEN 0.15 ELSE 0.7 END AS size,
        0.0002 + 0.0035 * unit('growth', i.code::BIGINT) + 0.0012 * bell('drift', c.n) AS growth
    FROM county c CROSS JOIN industry_division i
    -- A small demo province has fewer industries in each county, not a shorter history.
    WHERE chance('present', c.n * 100 + i.code::BIGINT, 930 * getvariable('days') // 90)
), panel AS (
    SELECT *, 12 * (year(month) - 2020) + month(month) AS t,
        size * 220000 * exp(growth * t) AS trend,
        trend * [0.94, 0.80, 1.03, 1.00, 1.02, 1.05, 0.97, 0.98, 1.04, 1.02, 1.06, 1.10][month(month)]
        * (1 + 0.045 * bell('month', cell * 1000 + t)) AS output
    FROM cell CROSS JOIN months WHERE year(month) >= year(getvariable('today')::DATE) - 5
)
SELECT cell * 1000 + t AS _i, false AS _safe, month AS period, county_code, industry_code,
    (1 + size / 6)::INTEGER AS firm_count,
    output::DECIMAL(18, 2) AS output_cny,
    (output * (0.05 + 0.35 * unit('export', industry_code::BIGINT))
        * (1 + 0.05 * bell('export', cell * 1000 + t)))::DECIMAL(18, 2) AS export_cny,
    -- People stay on through slack months; each turns out a little more from year to year.
    (8 + trend / (70000 + 90000 * unit('productivity', industry_code::BIGINT) + 300 * t))::INTEGER AS employees,
    (output * (0.02 + 0.10 * unit('power', industry_code::BIGINT))
        * (1 + 0.03 * bell('power', cell * 1000 + t)))::DECIMAL(18, 2) AS power_kwh
FROM panel ORDER BY month, county_code, industry_code
