-- Twelve households of each county in each of the last four quarters, at any scale.
WITH quarter AS (
    SELECT month AS quarter, m FROM months
    WHERE month(month) IN (1, 4, 7, 10) AND month + to_months(3) <= getvariable('today')::DATE
    ORDER BY m LIMIT 4
), cell AS (
    SELECT c.code, quarter, c.n * 12 + k AS household, (c.n * 12 + k) * 200 + m AS i,
        (1 + pick('members', c.n * 12 + k, 5))::INTEGER AS members
    FROM county c CROSS JOIN range(12) r(k) CROSS JOIN quarter
), value AS (
    SELECT *, members * (9000 + 14000 * unit('household', household)) * (1 + 0.05 * bell('earned', i)) AS income
    FROM cell
)
SELECT i AS _i, false AS _safe, 'H' || lpad(household::VARCHAR, 6, '0') AS household_code, quarter,
    code AS county_code, members AS household_size, income::DECIMAL(12, 2) AS income_cny,
    (income * (0.5 + 0.3 * unit('spent', i)))::DECIMAL(12, 2) AS spending_cny
FROM value
