SELECT
    station_code,
    county_code,
    measured_at,
    aqi,
    CAST(
        avg(pm25_ug_m3) OVER (PARTITION BY station_code ORDER BY measured_at ROWS 23 PRECEDING)
        AS DECIMAL(8, 1)
    ) AS pm25_day_ug_m3,
    rank() OVER (PARTITION BY county_code ORDER BY aqi DESC) AS place_in_county
FROM (SELECT * FROM hb_air_quality_hourly WHERE aqi IS NOT NULL) AS measured
QUALIFY row_number() OVER (PARTITION BY station_code ORDER BY measured_at DESC) = 1
