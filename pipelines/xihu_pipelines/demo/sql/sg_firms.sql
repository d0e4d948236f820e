SELECT f AS _i, named AS _safe, uscc, name, org_type, section AS industry_section, industry AS industry_code,
    (10000 * round((1 + pick('capital', f, 200)) * size))::DECIMAL(18, 2) AS registered_capital_cny,
    established AS established_on, status, closed AS closed_on, county_code, boss AS legal_representative,
    '154' || lpad(pick('firm phone', f, 100000000)::VARCHAR, 8, '0') AS contact_phone
FROM firms
