WITH reading AS (
    SELECT c.n * 3 + s AS hospital, s, c.code, c.people, d, day, (c.n * 3 + s) * 10000 + d AS i
    FROM county c CROSS JOIN range(3) x(s) CROSS JOIN days_back(getvariable('days') * 2)
), bed AS (
    SELECT *, CASE WHEN s = 0 AND people > 400000 THEN '3' ELSE '2' END AS grade,
        (120 + people / 1500 * [1.0, 0.5, 0.3][s + 1])::INTEGER AS beds,
        0.70 + 0.18 * unit('busy', hospital) + 0.06 * cos(2 * pi() * (dayofyear(day) - 10) / 365) - CASE
            WHEN is_weekend(day) THEN 0.05 ELSE 0 END
            - 0.25 * festival(day) + 0.02 * bell('bed', i) AS share
    FROM reading
)
SELECT i AS _i, false AS _safe, 'H' || code || lpad((s + 1)::VARCHAR, 2, '0') AS hospital_code, day,
    code AS county_code, grade AS hospital_level,
    beds AS beds_open, (beds * share)::INTEGER AS beds_taken,
    (beds * share / 8 * (1 + 0.1 * bell('in', i)))::INTEGER AS admissions,
    (beds * share / 8 * (1 + 0.1 * bell('out', i)))::INTEGER AS discharges
FROM bed
