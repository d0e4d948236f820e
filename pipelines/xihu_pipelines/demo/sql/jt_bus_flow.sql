-- Two commuting peaks on working days, one broad hump at weekends; old people travel between the peaks.
WITH slot AS (
    SELECT c.n, c.code AS county_code, c.people, d, day, clock, c.n * 1000000 + d * 24 + clock AS i,
        CASE WHEN is_weekend(day) THEN 0.75 * exp(-pow((clock - 14) / 5.0, 2))
             ELSE exp(-pow((clock - 8) / 1.3, 2)) + 0.9 * exp(-pow((clock - 17.5) / 1.6, 2))
                 + 0.22 * exp(-pow((clock - 12.5) / 3.5, 2)) END AS wave
    FROM days_back(getvariable('days')) CROSS JOIN county c CROSS JOIN range(5, 23) h(clock)
), trip AS (
    SELECT *, (people * 0.012 * (0.06 + wave) * (1 - 0.45 * festival(day)) * (0.6 + 0.8 * unit('bus share', n))
            * (1 + 0.07 * bell('bus', i)))::INTEGER AS passengers,
        (people * 0.00035 * (0.45 + wave) + 2)::INTEGER AS departures
    FROM slot
)
SELECT i AS _i, false AS _safe, county_code, day + to_hours(clock) AS hour_at, passengers,
    (passengers * (0.08 + 0.2 * exp(-pow((clock - 10) / 3.0, 2))))::INTEGER AS elder_passengers, departures,
    (departures * (0.985 - (0.03 + 0.12 * unit('traffic', n)) * least(1, wave)
        - 0.05 * unit('rain', d) * unit('late', n)))::INTEGER AS on_time_departures
FROM trip
