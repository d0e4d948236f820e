WITH school AS (
    SELECT c.n * 36 + s AS i, s, c.code, c.name AS county, c.people,
        CASE WHEN s < 14 THEN 'kindergarten' WHEN s < 24 THEN 'primary' WHEN s < 29 THEN 'junior'
            WHEN s < 31 THEN 'nine_year' WHEN s < 34 THEN 'senior'
            WHEN s < 35 THEN 'vocational' ELSE 'special' END AS school_kind
    FROM county c CROSS JOIN range(36) x(s)
), sized AS (
    SELECT *, (people / 700000 * CASE school_kind WHEN 'kindergarten' THEN 270 WHEN 'primary' THEN 900
            WHEN 'special' THEN 90 ELSE 1100 END * (0.6 + 0.8 * unit('places', i)) + 40)::INTEGER AS places,
        one_of('ownership', i, CASE school_kind WHEN 'kindergarten' THEN ['public', 'public', 'private']
            ELSE ['public', 'public', 'public', 'public', 'private'] END) AS ownership
    FROM school
)
SELECT i AS _i, false AS _safe, 'S' || code || lpad((s + 1)::VARCHAR, 4, '0') AS school_code,
    county || one_of('school', i, ['文澜', '学军', '育英', '崇文', '求是', '明德', '春晖', '翠苑']) || '第' || (s + 1)
        || CASE school_kind WHEN 'kindergarten' THEN '幼儿园' WHEN 'primary' THEN '小学' WHEN 'junior' THEN '初级中学'
            WHEN 'nine_year' THEN '学校'
            WHEN 'senior' THEN '高级中学' WHEN 'vocational' THEN '职业学校' ELSE '特殊教育学校' END || '（示例）' AS name,
    code AS county_code, school_kind, ownership,
    make_date(1952 + pick('founded', i, 70)::INTEGER, 9, 1) AS founded_on, places,
    (places * (0.72 + 0.3 * unit('full', i)))::INTEGER AS pupils, (places / 14 + 3)::INTEGER AS teachers
FROM sized
