SELECT p AS _i, false AS _safe, document_number AS citizen_id, name, CASE WHEN male THEN '1' ELSE '2' END AS sex,
    birth AS birth_date, county_code,
    'S' || county_code || lpad(CASE WHEN age - 6 <= 6 THEN 15 + pick('school', p, 10)
        ELSE 25 + pick('school', p, 5) END::VARCHAR, 4, '0') AS school_code,
    (age - 5)::INTEGER AS grade_year,
    '154' || lpad(pick('guardian', p, 100000000)::VARCHAR, 8, '0') AS guardian_mobile,
    make_date(year(getvariable('today')::DATE) - age + 6, 9, 1) AS enrolled_on
FROM people WHERE document_kind = '1' AND age BETWEEN 6 AND 14
