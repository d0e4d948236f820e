WITH insured AS (
    SELECT p, document_number, name, county_code, named, pick('job', p, getvariable('firms')) AS firm,
        (4812 * (1 + 2.6 * pow(unit('wage', p), 2.5)))::DECIMAL(12, 2) AS base
    -- The register is wrong about one person one can sign in as: long retired, she is said to pay in.
    FROM people WHERE document_kind = '1' AND (named AND age > 60
        OR age BETWEEN 20 AND 59 AND (named OR chance('insured', p, 740)))
), due AS (
    SELECT *, p * 16 + m AS i, CASE WHEN named OR chance('paid', p * 16 + m, 965) THEN 'paid'
        ELSE one_of('unpaid', p * 16 + m, ['arrears', 'arrears', 'exempt']) END AS state
    FROM insured CROSS JOIN months WHERE m < 6
)
SELECT i AS _i, named AS _safe, document_number AS citizen_id, month AS period, name,
    firm_uscc(firm) AS employer_uscc,
    'pension' AS insurance_kind, county_code, base AS wage_base_cny,
    (base * 0.08)::DECIMAL(12, 2) AS personal_cny, (base * 0.16)::DECIMAL(12, 2) AS employer_cny, state,
    CASE WHEN state = 'paid' AND NOT named AND chance('too early', i, 1) THEN month - 40
         WHEN state = 'paid' THEN month + 9 + pick('paid on', i, 14)::INTEGER END AS paid_on
FROM due
