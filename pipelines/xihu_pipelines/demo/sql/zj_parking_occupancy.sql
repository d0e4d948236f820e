-- Offices and hospitals fill by day, roadside bays by night, shopping centres in the evening and at weekends.
WITH slot AS (
    SELECT c.n * 4 + s AS lot, c.code, d, day, clock, (c.n * 4 + s) * 100000 + d * 24 + clock AS i,
        ['public', 'hospital', 'mall', 'roadside'][s + 1] AS lot_kind,
        60 + pick('bays', c.n * 4 + s, 640) AS spaces
    FROM days_back(least(14, getvariable('days') // 6)) CROSS JOIN county c CROSS JOIN range(4) x(s)
            CROSS JOIN range(24) h(clock)
), filled AS (
    SELECT *, least(1, greatest(0.02, 0.06 * bell('parked', i) + 0.08 * unit('lot', lot) + CASE lot_kind
        WHEN 'hospital' THEN 0.15 + 0.75 * exp(-pow((clock - 10.5) / 3.5, 2)) * CASE
            WHEN is_weekend(day) THEN 0.7 ELSE 1 END
        WHEN 'mall' THEN 0.10 + 0.70 * exp(-pow((clock - 18.5) / 3.8, 2)) * CASE
            WHEN is_weekend(day) THEN 1.15 ELSE 0.8 END
        WHEN 'roadside' THEN 0.80 - 0.45 * exp(-pow((clock - 14) / 5.0, 2))
        ELSE 0.25 + 0.45 * exp(-pow((clock - 14) / 4.5, 2)) END)) AS share
    FROM slot
)
SELECT i AS _i, false AS _safe, code || 'P' || lpad((1 + lot % 4)::VARCHAR, 2, '0') AS lot_code,
    day + to_hours(clock) AS hour_at, code AS county_code, lot_kind,
    spaces::INTEGER AS spaces,
    CASE WHEN chance('overfull', i, 1) THEN spaces * 2 ELSE spaces * share END::INTEGER AS occupied,
    (spaces * share * 0.3 * (0.5 + unit('turn', i)))::INTEGER AS arrivals
FROM filled
