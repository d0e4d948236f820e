WITH parcel AS (
    SELECT i, pick('parcel place', i, 4096) AS slot,
        one_of('land', i, ['01', '02', '03', '05', '06', '06', '06', '07', '07', '07', '08', '10', '11']) AS land_use,
        getvariable('today')::DATE - 30 - pick('supplied', i, 5400)::INTEGER AS supplied
    FROM range(getvariable('firms') * 6 // 10) r(i)
), right_of AS (
    SELECT *, CASE WHEN land_use IN ('01', '02', '03') THEN 'collective'
            WHEN land_use IN ('05', '06', '07') THEN 'granted' ELSE 'allocated' END AS right_kind,
        (800 + 90000 * pow(unit('parcel area', i), 3))::DECIMAL(18, 2) AS area
    FROM parcel
)
SELECT i AS _i, false AS _safe, 'ZD' || lpad(i::VARCHAR, 14, '0') AS parcel_no, code AS county_code, land_use,
    right_kind, area AS area_m2,
    CASE WHEN right_kind = 'granted' THEN (0.8 + pick('ratio', i, 28) / 10.0) END::DECIMAL(6, 2) AS plot_ratio,
    CASE WHEN right_kind = 'granted' THEN area * CASE land_use WHEN '07' THEN 9000 + pick('rate', i, 21000)
        WHEN '05' THEN 3500 + pick('rate', i, 9000)
        ELSE 400 + pick('rate', i, 500) END END::DECIMAL(18, 2) AS price_cny,
    supplied AS supplied_on
FROM right_of JOIN place USING (slot)
