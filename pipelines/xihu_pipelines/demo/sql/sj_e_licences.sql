WITH held AS (
    SELECT p, document_number, name, county_code, named, age, birth, unnest(list_filter([
        CASE WHEN named OR age >= 16 OR chance('card', p, 250) THEN 'id_card' END,
        CASE WHEN named OR age BETWEEN 18 AND 70 AND chance('drives', p, 460) THEN 'driving' END,
        CASE WHEN named OR chance('insured card', p, 420) THEN 'social_card' END,
        CASE WHEN named AND age > 60 OR age > 24 AND chance('married', p, 210) THEN 'marriage' END,
        CASE WHEN NOT named AND chance('disabled', p, 18) THEN 'disabled' END,
        CASE WHEN age >= 60 AND chance('elder', p, 480) THEN 'elder' END], lambda x: x IS NOT NULL)) AS licence_type
    FROM people WHERE document_kind = '1'
), issued AS (
    SELECT *, p * 8 + list_position(['id_card', 'driving', 'social_card', 'marriage', 'disabled', 'elder'],
            licence_type) AS i FROM held
), dated AS (
    SELECT *, greatest(birth + 30, getvariable('today')::DATE - 1 - pick('issued', i, 5200)::INTEGER) AS issued_on,
        CASE licence_type WHEN 'id_card' THEN CASE WHEN age < 16 THEN 5 WHEN age < 26 THEN 10 ELSE 20 END
            WHEN 'driving' THEN 10 WHEN 'disabled' THEN 10 END AS years
    FROM issued
)
SELECT i AS _i, named AS _safe, 'ZZ' || lpad(i::VARCHAR, 14, '0') AS licence_no, document_number AS citizen_id,
    name AS holder_name, licence_type,
    getvariable('issuers')[CASE WHEN licence_type IN ('id_card', 'driving') THEN 'ga'
        WHEN licence_type = 'social_card' THEN 'rs' ELSE 'mz' END] AS issuer_uscc,
    county_code, issued_on, CASE WHEN NOT named AND chance('no term', i, 2) THEN issued_on - 1
        WHEN years IS NOT NULL THEN (issued_on + to_years(years))::DATE END AS valid_to,
    CASE WHEN issued_on + to_years(years) < getvariable('today')::DATE THEN 'expired'
        WHEN NOT named AND chance('cancelled', i, 12) THEN 'cancelled' ELSE 'valid' END AS state
FROM dated
