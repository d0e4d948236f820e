WITH due AS (
    SELECT f.*, year(getvariable('today')::DATE) - 1 - back AS report_year, f * 4 + back AS i
    FROM firms f CROSS JOIN range(3) r(back)
    WHERE year(established) <= year(getvariable('today')::DATE) - 1 - back
        AND (closed IS NULL OR year(closed) > year(getvariable('today')::DATE) - 1 - back)
), business AS (
    SELECT *, (1 + size * (4 + pick('staff', f, 24)))::INTEGER AS employees,
        (size * (900000 + pick('sales', f, 9000000)) * (1 + 0.09 * (report_year - 2020))
            * (1 + 0.12 * bell('year', i)))::DECIMAL(18, 2) AS revenue
    FROM due
)
SELECT i AS _i, named AS _safe, uscc, report_year::INTEGER AS report_year,
    CASE WHEN NOT named AND chance('early', i, 1) THEN make_date(report_year, 12, 1)
        ELSE make_date(report_year + 1, 1, 2) + (170 * sqrt(unit('reported', i)))::INTEGER END AS reported_on,
    county_code, section AS industry_section, employees,
    (revenue * (0.5 + 1.2 * unit('assets', f)))::DECIMAL(18, 2) AS assets_cny, revenue AS revenue_cny,
    (revenue * (0.055 + 0.05 * bell('profit', i)))::DECIMAL(18, 2) AS profit_cny,
    (revenue * (0.01 + 0.04 * unit('taxes', i)))::DECIMAL(18, 2) AS tax_cny,
    '99' || lpad(pick('account', f, 100000000000000000)::VARCHAR, 17, '0') AS bank_account
FROM business
