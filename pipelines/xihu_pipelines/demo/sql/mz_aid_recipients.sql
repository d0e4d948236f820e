-- A sheet stays a sheet: at any scale only the first hundred thousand residents are looked at.
WITH aided AS (
    SELECT *, one_of('aid', p,
            ['minimum', 'minimum', 'minimum', 'marginal', 'marginal', 'extreme', 'temporary']) AS aid_kind,
            300 + pick('income', p, 900) AS income
    FROM people WHERE document_kind = '1' AND p < 100000
            AND (p = 1 OR named AND age > 60 OR NOT named AND chance('aided', p, CASE WHEN age > 60 THEN 55 ELSE 22 END))
)
SELECT p AS _i, named AS _safe, document_number AS citizen_id, name, county_code, aid_kind,
    (1 + pick('household', p, 5))::INTEGER AS household_size,
    income::DECIMAL(10, 2) AS income_cny,
    CASE aid_kind WHEN 'marginal' THEN 0 WHEN 'extreme' THEN 1850
        ELSE greatest(120, 1250 - income) END::DECIMAL(10, 2) AS aid_cny,
    getvariable('today')::DATE - 1 - pick('assessed', p, 360)::INTEGER AS assessed_on
FROM aided
