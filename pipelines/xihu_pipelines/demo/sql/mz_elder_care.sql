WITH home AS (
    SELECT c.n * 18 + s AS i, s, c.code, c.name AS county,
        one_of('home', c.n * 18 + s, ['public', 'private', 'private', 'public_private']) AS ownership,
        (30 + 260 * pow(unit('beds', c.n * 18 + s), 2))::INTEGER AS beds
    FROM county c CROSS JOIN range(18) x(s)
)
SELECT i AS _i, false AS _safe, 'Y' || code || lpad((s + 1)::VARCHAR, 3, '0') AS institution_code,
    county || one_of('name of home', i, ['松鹤', '康乐', '静颐', '福寿', '夕阳红', '椿萱', '和敬']) || '养老院（示例）' AS name,
    code AS county_code, ownership,
    make_date(2005 + pick('opened', i, 20)::INTEGER, 1 + pick('month', i, 12)::INTEGER,
        1 + pick('day', i, 28)::INTEGER) AS opened_on,
    date_trunc('quarter', getvariable('today')::DATE)::DATE - 1 AS surveyed_on, beds,
    (beds * (0.38 + 0.5 * unit('full', i)))::INTEGER AS residents,
    CASE WHEN chance('too many', i, 1) THEN beds + 20
        ELSE beds * (0.35 + 0.45 * unit('nursing', i)) END::INTEGER AS nursing_beds,
    (1600 + 3400 * unit('fee', i) * CASE ownership
        WHEN 'public' THEN 0.5 ELSE 1 END)::DECIMAL(10, 2) AS monthly_fee_cny
FROM home
