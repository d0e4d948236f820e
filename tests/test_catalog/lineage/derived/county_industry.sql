SELECT
    o.period,
    o.county_code,
    sum(o.output_cny) AS output_cny,
    CAST(sum(o.output_cny) / nullif(sum(o.employees), 0) AS DECIMAL(18, 2)) AS output_per_employee_cny,
    count(DISTINCT t.uscc) FILTER (WHERE t.title = 'national') AS national_firms
FROM jx_industrial_output AS o
LEFT JOIN jx_technology_firms AS t
    ON t.county_code = o.county_code AND t.industry_code = o.industry_code
WHERE o.firm_count > 0
GROUP BY o.period, o.county_code
