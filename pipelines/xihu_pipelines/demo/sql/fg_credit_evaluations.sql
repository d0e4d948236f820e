WITH scored AS (
    SELECT *, greatest(300, least(995,
            835 + 75 * bell('credit', f) - CASE WHEN chance('penalised', f, 300)
            AND NOT named THEN 45 ELSE 0 END))::DECIMAL(7, 2) AS score
    FROM firms WHERE status IN ('active', 'suspended')
)
SELECT f AS _i, named AS _safe, uscc, name AS firm_name, county_code, section AS industry_section, score,
    CASE WHEN score >= 850 THEN 'A' WHEN score >= 760 THEN 'B' WHEN score >= 680 THEN 'C'
        WHEN score >= 600 THEN 'D' ELSE 'E' END AS level,
    (date_trunc('month', getvariable('today')::DATE) - to_days(1))::DATE AS evaluated_on
FROM scored
