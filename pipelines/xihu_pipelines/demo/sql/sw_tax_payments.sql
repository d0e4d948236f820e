WITH quarter AS (
    SELECT row_number() OVER (ORDER BY month DESC) - 1 AS q, month AS quarter FROM months
    WHERE month(month) IN (1, 4, 7, 10) AND month + to_months(3) <= getvariable('today')::DATE QUALIFY q < 4
), due AS (
    SELECT f.*, quarter, kind AS tax_kind,
        f * 16 + q * 2 + k AS i FROM firms f CROSS JOIN quarter
            CROSS JOIN (VALUES (0, 'vat'), (1, 'income')) t(k, kind)
    WHERE status = 'active' AND established < quarter
), amount AS (
    SELECT *, (size * (3000 + pick('tax', f, 60000)) * CASE tax_kind
            WHEN 'vat' THEN 1 ELSE 0.55 END * (1 + 0.2 * bell('taxed', i)))::DECIMAL(16, 2) AS due_cny FROM due
)
SELECT i AS _i, named AS _safe, uscc, quarter, tax_kind, county_code, section AS industry_section, due_cny,
    CASE WHEN NOT named AND chance('paid twice', i, 1) THEN due_cny * 2
        WHEN NOT named AND chance('in arrears', i, 30) THEN due_cny * 0.4
        ELSE due_cny END::DECIMAL(16, 2) AS paid_cny,
    CASE WHEN named THEN 'A' ELSE one_of('tax credit', f,
        ['A', 'A', 'B', 'B', 'B', 'B', 'M', 'M', 'C', 'D']) END AS tax_credit
FROM amount
