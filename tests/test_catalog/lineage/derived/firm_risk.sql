WITH fined AS (
    SELECT uscc, count(*) AS penalties, sum(amount_cny) AS fined_cny
    FROM fg_penalties
    WHERE decided_on >= DATE '2024-01-01'
    GROUP BY uscc
),
failed AS (
    SELECT uscc, max(inspected_on) AS last_failed_on
    FROM sg_inspections
    WHERE result <> 'passed' AND corrected_on IS NULL
    GROUP BY uscc
)
SELECT
    f.uscc,
    f.name,
    f.county_code,
    coalesce(p.penalties, 0) AS penalties,
    coalesce(p.fined_cny, 0) AS fined_cny,
    i.last_failed_on,
    CASE
        WHEN p.fined_cny > 100000 THEN 'high'
        WHEN i.last_failed_on IS NOT NULL THEN 'medium'
        ELSE 'low'
    END AS risk
FROM data.sg_firms AS f
LEFT JOIN fined AS p ON p.uscc = f.uscc
LEFT JOIN failed AS i ON i.uscc = f.uscc
WHERE f.status <> 'closed'
