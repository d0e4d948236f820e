WITH quarter AS (
    SELECT month AS quarter, m FROM months
    WHERE month(month) IN (1, 4, 7, 10) AND month + to_months(3) <= getvariable('today')::DATE
        AND year(month) >= year(getvariable('today')::DATE) - 5
), cell AS (
    SELECT c.*, quarter, c.n * 200 + m AS i,
        (date_diff('month', DATE '2023-01-01', quarter)) / 12.0 AS years FROM county c CROSS JOIN quarter
), value AS (
    SELECT *, gdp * 25000000 * pow(1.052 + 0.008 * bell('pace', n), years)
            * [0.90, 0.97, 1.00, 1.13][quarter(quarter)] * (1 + 0.012 * bell('quarter', i)) AS product FROM cell
)
SELECT i AS _i, false AS _safe, quarter, code AS county_code, product::DECIMAL(20, 2) AS gdp_cny,
    (product * (0.085 + 0.04 * unit('fiscal', n))
        * [1.25, 1.1, 0.85, 0.8][quarter(quarter)])::DECIMAL(18, 2) AS revenue_cny,
    (product * (0.32 + 0.12 * unit('retail', n)))::DECIMAL(18, 2) AS retail_cny,
    (product * (0.35 + 0.2 * unit('invest', n)) * (1 + 0.05 * bell('invest', i)))::DECIMAL(18, 2) AS investment_cny,
    (people * pow(1.003, years))::INTEGER AS residents,
    (11500 + 6500 * unit('income', n) + 700 * years)::DECIMAL(12, 2) AS income_cny
FROM value
