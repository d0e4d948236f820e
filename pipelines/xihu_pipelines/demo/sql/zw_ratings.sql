WITH rated AS (
    SELECT i, pick('rating place', i, 4096) AS slot, pick('rated', i, 365)::INTEGER AS back, unit('mood', i) AS mood
    FROM range(getvariable('people') * 3 // 2) r(i)
), scored AS (
    SELECT *, mood + 0.00006 * (365 - back) - hash(code) % 30 / 1000.0 AS liking FROM rated JOIN place USING (slot)
), level AS (
    SELECT *, CASE WHEN liking > 0.22 THEN '5' WHEN liking > 0.10 THEN '4' WHEN liking > 0.05 THEN '3'
            WHEN liking > 0.02 THEN '2' ELSE '1' END AS rating FROM scored
)
SELECT i AS _i, false AS _safe, 'HP' || lpad(i::VARCHAR, 14, '0') AS rating_no,
    one_of('rated item', i, ['birth', 'school', 'housing_fund', 'housing_fund', 'social_card', 'residence',
        'transfer', 'medical_transfer', 'elder_card', 'firm_open', 'food_permit', 'construction',
    'firm_close']) AS service_item,
    one_of('rated channel', i, ['app', 'app', 'app', 'web', 'window', 'window', 'machine']) AS channel,
    code AS county_code,
    getvariable('today')::DATE - 1 - back
        + to_seconds((8 * 3600 + 12 * 3600 * unit('rated second', i))::BIGINT) AS rated_at, rating,
    CASE WHEN rating IN ('1', '2') AND NOT chance('forgot', i, 8)
        THEN chance('called', i, 940)::INTEGER END AS called_back
FROM level
