-- Two stations in each county: season, haze that comes and goes over days, rush hours, afternoon ozone.
WITH hour AS (
    SELECT t, getvariable('today')::TIMESTAMP - to_hours(t + 1) AS moment
    FROM range(24 * getvariable('days')) r(t)
), reading AS (
    SELECT c.n * 2 + s AS station, c.code || 'A' || lpad((s + 1)::VARCHAR, 2, '0') AS station_code,
        c.code AS county_code,
        epoch(moment)::BIGINT // 3600 AS k, moment, hour(moment) AS clock,
        c.haze * (1 + 0.35 * cos(2 * pi() * (dayofyear(moment) - 15) / 365)) AS season,
        epoch(moment)::BIGINT // 86400 AS day, epoch(moment)::BIGINT % 86400 / 86400.0 AS part,
        c.parent::BIGINT AS parent
    FROM hour CROSS JOIN county c CROSS JOIN range(2) x(s)
), weather AS (
    SELECT *, exp(0.45 * (bell('haze', parent * 100000 + day) * (1 - part) + bell('haze', parent * 100000 + day + 1)
            * part)) AS episode,
        1 + 0.16 * sin(2 * pi() * (clock - 3) / 12) AS rush,
        greatest(0, sin(pi() * (clock - 7) / 13)) AS sun
    FROM reading
), measured AS (
    SELECT *,
        (27 * season * episode * rush * (1 + 0.10 * bell('pm25', station * 10000000 + k))
            * (0.9 + 0.2 * unit('site', station)))::DECIMAL(8, 1) AS pm25,
        (16 + 14 * season * episode * rush * (1 + 0.12 * bell('no2', station * 10000000 + k)))::DECIMAL(8, 1) AS no2,
        (26 + 18 * unit('ozone night', station * 10000000 + k) + 78 * sun / (0.5 + 0.5 * season)
            * (1 + 0.14 * bell('o3', station * 10000000 + k)))::DECIMAL(8, 1) AS o3
    FROM weather
), rated AS (
    SELECT *, (pm25 * 1.55 + 6 + pick('coarse', station * 10000000 + k, 8))::DECIMAL(8, 1) AS pm10,
        CASE WHEN pm25 <= 35 THEN pm25 * 50 / 35 WHEN pm25 <= 75 THEN 50 + (pm25 - 35) * 50 / 40
             WHEN pm25 <= 115 THEN 100 + (pm25 - 75) * 50 / 40 ELSE 150 + (pm25 - 115) * 50 / 35 END AS by_pm25,
        CASE WHEN o3 <= 160 THEN o3 * 50 / 160 ELSE 50 + (o3 - 160) * 50 / 40 END AS by_o3
    FROM measured
), final AS (
    SELECT *, CASE WHEN pm10 <= 50 THEN pm10 WHEN pm10 <= 150 THEN 50 + (pm10 - 50) / 2
            ELSE 100 + (pm10 - 150) / 2 END AS by_pm10
    FROM rated
)
SELECT station * 10000000 + k AS _i, false AS _safe, station_code, moment AS measured_at, county_code,
    least(500, ceil(greatest(by_pm25, by_pm10, by_o3, no2 / 2)))::INTEGER AS aqi,
    CASE WHEN greatest(by_pm25, by_pm10, by_o3, no2 / 2) <= 50 THEN 'none'
         WHEN by_pm25 >= greatest(by_pm10, by_o3, no2 / 2) THEN 'PM2.5'
         WHEN by_pm10 >= greatest(by_o3, no2 / 2) THEN 'PM10'
             WHEN by_o3 >= no2 / 2 THEN 'O3' ELSE 'NO2' END AS primary_pollutant,
    pm25 AS pm25_ug_m3, pm10 AS pm10_ug_m3, no2 AS no2_ug_m3,
    (5 + pick('so2', station * 10000000 + k, 60) / 10.0)::DECIMAL(8, 1) AS so2_ug_m3, o3 AS o3_ug_m3,
    (0.35 + no2 / 90)::DECIMAL(6, 2) AS co_mg_m3
FROM final
