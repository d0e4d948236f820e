SELECT DISTINCT
    t.uscc,
    firms.name AS firm_name,
    t.quarter,
    t.paid_cny + insurance.employer_cny AS burden_cny,
    (
        SELECT max(e.gdp_cny) FROM tj_county_economy AS e
        WHERE e.county_code = t.county_code AND e.quarter = t.quarter
    ) AS county_gdp_cny
FROM sw_tax_payments AS t
JOIN (
    SELECT
        employer_uscc,
        CAST(date_trunc('quarter', period) AS DATE) AS quarter,
        sum(employer_cny) AS employer_cny
    FROM rs_social_insurance
    GROUP BY 1, 2
) AS insurance ON insurance.employer_uscc = t.uscc AND insurance.quarter = t.quarter
JOIN sg_firms AS firms ON firms.uscc = t.uscc
