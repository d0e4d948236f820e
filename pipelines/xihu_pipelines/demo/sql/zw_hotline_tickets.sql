-- Noise in warm nights, heating and power in the cold, wages before Spring Festival, schools in summer.
WITH called AS (
    SELECT p, document_number, name, county_code, named, p * 4 + k AS i,
        getvariable('today')::DATE - 1 - pick('call day', p * 4 + k, 365)::INTEGER AS drawn
    FROM (SELECT *, unnest(range(CASE WHEN named THEN 2
            WHEN age < 18 THEN 0 ELSE one_of('calls', p, [0, 0, 1, 1, 1, 2, 3]) END)) AS k FROM people
            WHERE document_kind = '1')
), calm AS (
    -- Weekends are quieter; spring and autumn too.
    SELECT *, CASE WHEN is_weekend(drawn) AND chance('weekend', i, 350) THEN drawn - 2
        WHEN month(drawn) IN (3, 4, 10) AND chance('mild', i, 250)
            AND drawn + 90 < getvariable('today')::DATE THEN drawn + 90
        ELSE drawn END AS day
    FROM called
), topic AS (
    SELECT *, named OR chance('gave a name', i, 620) AS known, CASE
        WHEN month(day) BETWEEN 6 AND 9 AND chance('noise', i, 150) THEN 'noise'
            WHEN month(day) IN (7, 8) AND chance('school', i, 120) THEN 'education'
        WHEN month(day) IN (12, 1) AND chance('wages', i, 160) THEN 'wage'
            WHEN month(day) IN (12, 1, 2, 7, 8) AND chance('heat', i, 120) THEN 'water_power'
        ELSE one_of('topic', i, ['traffic', 'traffic', 'noise', 'property', 'property', 'market', 'market', 'wage',
            'environment', 'water_power', 'education', 'medical', 'policy', 'policy']) END AS topic,
        day + to_seconds((86400 * (0.30 + 0.60
            * (0.6 * unit('hour', i) + 0.4 * unit('hour too', i))))::BIGINT) AS received
    FROM calm
), answered AS (
    SELECT *, CASE WHEN topic = 'policy' THEN 'question'
            ELSE one_of('kind of call', i,
            ['question', 'help', 'help', 'complaint', 'complaint', 'complaint', 'report', 'suggestion']) END AS kind,
        received + to_seconds((86400
            * (0.2 + 6.5 * unit('worked', i) * unit('worked too', i)
            * (1 + hash(county_code) % 5 / 10.0)))::BIGINT) AS closed
    FROM topic
)
SELECT i AS _i, named AS _safe, 'RX' || lpad(i::VARCHAR, 14, '0') AS ticket_no,
    CASE WHEN known THEN document_number END AS citizen_id, CASE WHEN known THEN name END AS caller_name,
    '154' || lpad(pick('phone', p, 100000000)::VARCHAR, 8, '0') AS caller_phone, kind, topic, county_code,
    received AS received_at, day + 5 AS due_on,
    CASE WHEN NOT named AND chance('closed early', i, 2) THEN received - to_days(1)
        WHEN closed < getvariable('today')::TIMESTAMP THEN closed END AS closed_at,
    CASE WHEN closed < getvariable('today')::TIMESTAMP
        THEN chance('solved', i, 905 - CASE topic WHEN 'property' THEN 120
        WHEN 'noise' THEN 90 ELSE 0 END)::INTEGER END AS solved
FROM answered
