-- Children and old people come more often, everybody more in winter.
WITH patient AS (
    SELECT p, document_number, name, county_code, named,
        CASE WHEN named THEN 4 ELSE pick('visits', p, CASE WHEN age < 8 OR age > 60 THEN 6 ELSE 3 END) END AS visits,
        age
    FROM people WHERE document_kind = '1'
), visit AS (
    SELECT *, p * 8 + k AS i,
        getvariable('today')::DATE - 1 - pick('when', p * 8 + k, 365)::INTEGER AS first_draw
    FROM (SELECT *, unnest(range(visits)) AS k FROM patient)
), dated AS (
    -- A third of the visits drawn for the warm months are drawn again.
    SELECT *, CASE WHEN month(first_draw) BETWEEN 4 AND 9 AND chance('again', i, 330)
        THEN getvariable('today')::DATE - 1 - pick('when again', i, 365)::INTEGER ELSE first_draw END AS visited
    FROM visit
), kind AS (
    SELECT *, CASE WHEN chance('inpatient', i, 90) THEN 'inpatient' WHEN chance('emergency', i, 80) THEN 'emergency'
        WHEN age > 50 AND chance('chronic', i, 250) THEN 'chronic' ELSE 'outpatient' END AS visit_kind,
        CASE WHEN month(visited) IN (11, 12, 1, 2) AND chance('winter', i, 350) THEN 'respiratory'
        ELSE one_of('disease', i, ['respiratory', 'respiratory', 'circulatory', 'circulatory', 'digestive',
            'digestive', 'endocrine',
            'musculoskeletal', 'injury', 'neoplasm', 'mental', 'skin', 'other']) END AS disease_group
    FROM dated
), cost AS (
    SELECT *, CASE WHEN visit_kind = 'inpatient' THEN 2 + pick('days', i, 20) ELSE 0 END AS days,
        CASE WHEN visit_kind = 'inpatient' THEN 3500 + 21000 * pow(unit('cost', i), 2)
             ELSE 60 + 620 * pow(unit('cost', i), 2) END::DECIMAL(12, 2) AS total
    FROM kind
)
SELECT i AS _i, named AS _safe, 'YB' || lpad(i::VARCHAR, 14, '0') AS settlement_no, document_number AS citizen_id,
    name, county_code,
    'H' || county_code || lpad((1 + pick('hospital', i, 4))::VARCHAR, 2, '0') AS hospital_code, visit_kind,
    disease_group,
    visited AS visited_on, days::INTEGER AS days, total AS total_cny,
    CASE WHEN NOT named AND chance('over', i, 1) THEN total * 2
         ELSE total * (0.45 + 0.35 * unit('fund', i)) END::DECIMAL(12, 2) AS fund_cny
FROM cost
