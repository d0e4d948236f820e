-- Most cases come in working hours; one service in twelve misses its promise, fewer every month.
WITH asked AS (
    SELECT p, document_number, name, county_code, named, p * 8 + k AS i, age,
        getvariable('today')::DATE - 1 - pick('case day', p * 8 + k, 365)::INTEGER AS day
    FROM (SELECT *, unnest(range(CASE WHEN named THEN 5 WHEN age < 16 THEN 0 ELSE pick('cases', p, 5) END)) AS k
        FROM people WHERE document_kind = '1')
), item AS (
    SELECT *, CASE WHEN age >= 60 AND chance('elder', i, 400) THEN 'elder_card'
        ELSE one_of('item', i,
            ['birth', 'school', 'housing_fund', 'housing_fund', 'social_card', 'social_card', 'residence', 'transfer',
            'medical_transfer', 'medical_transfer', 'firm_open', 'food_permit', 'construction',
            'firm_close']) END AS service_item,
        -- A weekend's cases move back into the week: all of Sunday's, half of Saturday's.
        CASE WHEN isodow(day) = 7 OR isodow(day) = 6 AND chance('saturday', i, 500) THEN day - 2
            ELSE day END AS worked
    FROM asked
), promise AS (
    SELECT *, worked + to_seconds((8.5 * 3600 + 9 * 3600 * unit('second', i))::BIGINT) AS accepted,
        CASE WHEN service_item IN ('construction', 'transfer') THEN 10
             WHEN service_item IN ('food_permit', 'firm_close', 'school') THEN 7 ELSE 2 END AS days
    FROM item
), taken AS (
    SELECT *,
        accepted + to_seconds((86400 * days * CASE
            WHEN chance('late', i, 30 + date_diff('day', worked, getvariable('today')::DATE) // 6
                + hash(county_code) % 40)
            THEN 1.2 + unit('over', i) ELSE 0.05 + 0.85 * unit('took', i) END)::BIGINT) AS finished,
        CASE WHEN chance('not finished', i, 180) THEN one_of('end of case', i, ['returned', 'withdrawn'])
             ELSE 'finished' END AS ending
    FROM promise
)
SELECT i AS _i, named AS _safe, 'BJ' || lpad(i::VARCHAR, 14, '0') AS case_no,
    -- Typed at a window: a small x is no mistake, it is the same number.
    CASE WHEN chance('typed', i, 300) AND NOT named THEN lower(document_number) ELSE document_number END AS citizen_id,
    name AS applicant_name,
    CASE WHEN service_item IN ('firm_open', 'food_permit', 'construction', 'firm_close') THEN 'firm'
        ELSE 'person' END AS applicant_kind, service_item,
    one_of('channel', i, CASE WHEN age > 62 THEN ['window', 'window', 'window', 'app', 'machine']
        ELSE ['app', 'app', 'app', 'app', 'web', 'web', 'window', 'machine'] END) AS channel,
    county_code, accepted AS accepted_at, (worked + days::INTEGER)::DATE AS due_on,
    CASE WHEN NOT named AND chance('backwards', i, 2) THEN accepted - to_days(3)
        WHEN finished < getvariable('today')::TIMESTAMP THEN finished END AS finished_at,
    CASE WHEN finished < getvariable('today')::TIMESTAMP OR NOT named AND chance('backwards', i, 2) THEN ending
        ELSE 'accepted' END AS state, pick('papers', i, 6)::INTEGER AS materials_spared
FROM taken
