WITH granted AS (
    SELECT *, f * 8 + k AS i, getvariable('today')::DATE - 1 - (1100
            * pow(unit('permit day', f * 8 + k), 1.15))::INTEGER AS decided
    FROM (SELECT *, unnest(range(CASE WHEN named THEN 3 ELSE pick('permits', f, 4) END)) AS k FROM firms)
)
SELECT i AS _i, named AS _safe, 'XK' || lpad(i::VARCHAR, 12, '0') AS permit_no, uscc, name AS firm_name,
    one_of('permit', i, ['general', 'general', 'general', 'general', 'verification', 'verification', 'registration',
        'approval', 'concession']) AS permit_type,
    section AS industry_section, county_code, decided AS decided_on,
    CASE WHEN NOT named AND chance('short', i, 2) THEN decided - 30
        WHEN chance('term', i, 700) THEN decided + one_of('years', i, [365, 1095, 1826])::INTEGER END AS valid_to,
    -- Twelve working days three years ago, about six today.
    greatest(1, 4 + date_diff('day', decided, getvariable('today')::DATE) / 180 + 2
        * bell('took', i))::INTEGER AS working_days
FROM granted WHERE decided >= established
