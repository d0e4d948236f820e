-- A sheet stays a sheet: at any scale only the first twenty thousand firms are looked at.
SELECT f AS _i, named AS _safe, uscc, name AS firm_name,
    one_of('title', f, ['high_tech', 'high_tech', 'high_tech', 'specialised', 'specialised', 'little_giant',
        'champion']) AS title,
    industry AS industry_code, county_code,
    greatest(established + 300,
        getvariable('today')::DATE - 60 - pick('recognised', f, 1800)::INTEGER) AS recognised_on,
    (size * (200000 + pick('research', f, 1800000)))::DECIMAL(16, 2) AS research_cny,
    pick('patents', f, 24)::INTEGER AS patents
FROM firms
WHERE f < 20000 AND status = 'active' AND established < getvariable('today')::DATE - 400
    AND (named OR section IN ('C', 'I', 'M') AND chance('recognised', f, 360))
