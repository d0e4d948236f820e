SELECT service_item, channel, 'case' AS kind, count(*) AS number, max(accepted_at) AS last_at
FROM zw_service_cases
WHERE
    state IN ('finished', 'refused')
    AND county_code IN (SELECT county_code FROM tj_county_economy WHERE residents > 500000)
GROUP BY service_item, channel
UNION ALL
SELECT service_item, channel, 'rating', count(*), max(rated_at)
FROM zw_ratings
GROUP BY ALL
