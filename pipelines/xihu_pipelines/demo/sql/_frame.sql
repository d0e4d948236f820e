-- What every dataset draws on: seeded draws, identifiers with their check digits, weighted places.

-- hash(seed, salt, i) only XORs its parts: two salts would give streams whose low bits are one
-- stream. Adding the salt to the counter before hashing keeps them apart.
CREATE MACRO h(salt, i) AS hash(i::BIGINT + (hash(getvariable('seed'), salt) >> 24)::BIGINT);
CREATE MACRO pick(salt, i, n) AS (h(salt, i) % (n)::UBIGINT)::BIGINT;
CREATE MACRO unit(salt, i) AS (h(salt, i) % 1000003)::DOUBLE / 1000003;
CREATE MACRO chance(salt, i, per_mille) AS h(salt, i) % 1000 < (per_mille)::UBIGINT;
-- Three uniform draws: mean 0, deviation 1, never beyond 3.
CREATE MACRO bell(salt, i) AS 2 * ((h(salt, i) % 1009)::DOUBLE / 1009 + (h(salt, i) // 1009 % 1009)::DOUBLE / 1009
    + (h(salt, i) // 1018081 % 1009)::DOUBLE / 1009 - 1.5);
CREATE MACRO one_of(salt, i, choices) AS choices[1 + pick(salt, i, len(choices))];

CREATE MACRO digit(number, power) AS (number // power) % 10;

-- GB 11643: weights 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2 over the first 17 digits.
CREATE MACRO citizen_id(b) AS b::VARCHAR || substr('10X98765432', 1 + ((
      digit(b, 10000000000000000) * 7 + digit(b, 1000000000000000) * 9 + digit(b, 100000000000000) * 10
    + digit(b, 10000000000000) * 5 + digit(b, 1000000000000) * 8 + digit(b, 100000000000) * 4
    + digit(b, 10000000000) * 2 + digit(b, 1000000000) + digit(b, 100000000) * 6 + digit(b, 10000000) * 3
    + digit(b, 1000000) * 7 + digit(b, 100000) * 9 + digit(b, 10000) * 10 + digit(b, 1000) * 5
    + digit(b, 100) * 8 + digit(b, 10) * 4 + digit(b, 1) * 2) % 11)::INTEGER, 1);

-- GB 11714: weights 3 7 9 10 5 8 4 2 over the eight digits of the organisation code.
CREATE MACRO inner_check(b) AS 11 - (digit(b, 10000000) * 3 + digit(b, 1000000) * 7 + digit(b, 100000) * 9
    + digit(b, 10000) * 10 + digit(b, 1000) * 5 + digit(b, 100) * 8 + digit(b, 10) * 4 + digit(b, 1) * 2) % 11;

-- GB 32100: weights 3^(i-1) mod 31; '91' and '3399' alone weigh 525; X stands for 29.
CREATE MACRO outer_check(rr, b, c) AS (31 - (525 + digit(rr, 10) * 16 + digit(rr, 1) * 17
    + digit(b, 10000000) * 20 + digit(b, 1000000) * 29 + digit(b, 100000) * 25 + digit(b, 10000) * 13
    + digit(b, 1000) * 8 + digit(b, 100) * 24 + digit(b, 10) * 10 + digit(b, 1) * 30
    + CASE c WHEN 10 THEN 29 WHEN 11 THEN 0 ELSE c END * 28) % 31) % 31;
CREATE MACRO uscc(rr, b) AS '913399' || lpad(rr::VARCHAR, 2, '0') || b::VARCHAR
    || CASE inner_check(b) WHEN 10 THEN 'X' WHEN 11 THEN '0' ELSE inner_check(b)::VARCHAR END
    || substr('0123456789ABCDEFGHJKLMNPQRTUWXY', 1 + outer_check(rr, b, inner_check(b))::INTEGER, 1);
-- 7919 is prime to 60,000,000: no two of the first sixty million firms share a code.
CREATE MACRO firm_uscc(f) AS CASE WHEN f = 0 THEN getvariable('named_firm')
    ELSE uscc((f) % 99, 30000000 + ((f) * 7919) % 60000000) END;

-- Weights only, never shown: residents of the 2020 census, and GDP of 2023 (CNY 100 million).
CREATE TABLE city AS SELECT * FROM (VALUES
    ('330100', 11936010, 20059.0, 1.10), ('330200', 9404283, 16452.8, 0.90), ('330300', 9572903, 8730.6, 0.85),
    ('330400', 5400868, 7062.5, 1.15), ('330500', 3367579, 4015.1, 1.15), ('330600', 5270977, 7791.0, 1.05),
    ('330700', 7050683, 6011.3, 1.00), ('330800', 2276184, 2125.2, 1.00), ('330900', 1157817, 2100.8, 0.60),
    ('331000', 6622888, 6240.7, 0.80), ('331100', 2507396, 1964.4, 0.75)) AS t(code, people, gdp, haze);
CREATE TABLE county AS
SELECT row_number() OVER (ORDER BY d.code) - 1 AS n, d.code, d.name_zh AS name, c.name_zh AS city, d.parent, w.haze,
    0.5 + hash(d.code) % 80 / 100.0 + CASE WHEN right(d.name_zh, 1) = '县' THEN 0 ELSE 0.4 END AS share,
    w.people * share / sum(share) OVER (PARTITION BY d.parent) AS people,
    w.gdp * share / sum(share) OVER (PARTITION BY d.parent) AS gdp
FROM division d JOIN division c ON c.code = d.parent JOIN city w ON w.code = d.parent
WHERE d.level = 'county' ORDER BY d.code;

-- 4,096 slots shared out by weight: joining a draw to its slot is a weighted choice.
CREATE TABLE county_end AS
SELECT 'people' AS by, n, 4096 * sum(people) OVER (ORDER BY n) / sum(people) OVER () + 0.001 AS until FROM county
UNION ALL
SELECT 'gdp', n, 4096 * sum(gdp) OVER (ORDER BY n) / sum(gdp) OVER () + 0.001 FROM county;
CREATE TABLE place AS
SELECT slot, code, name, city FROM (
    SELECT r.range AS slot, (SELECT min(e.n) FROM county_end e WHERE e.by = 'people' AND e.until > r.range) AS n
    FROM range(4096) r) JOIN county USING (n) ORDER BY slot;
CREATE TABLE business_place AS
SELECT slot, code, name, city FROM (
    SELECT r.range AS slot, (SELECT min(e.n) FROM county_end e WHERE e.by = 'gdp' AND e.until > r.range) AS n
    FROM range(4096) r) JOIN county USING (n) ORDER BY slot;

-- Share of each five-year age group, per mille, youngest first.
CREATE TABLE age AS
SELECT row_number() OVER (ORDER BY g, k) - 1 AS slot, 5 * g AS youngest
FROM (SELECT unnest([34, 48, 50, 48, 56, 66, 86, 92, 82, 74, 86, 82, 60, 49, 39, 24, 15, 9]) AS share,
             generate_subscripts([34, 48, 50, 48, 56, 66, 86, 92, 82, 74, 86, 82, 60, 49, 39, 24, 15,
                 9], 1) - 1 AS g),
     LATERAL range(share) r(k) ORDER BY slot;

CREATE TABLE months AS
SELECT m, (date_trunc('month', getvariable('today')::DATE) - to_months(m::INTEGER + 1))::DATE AS month
FROM range(120) r(m);

-- Spring Festival empties factories for about ten days and fills the roads before.
CREATE MACRO festival(day) AS exp(-pow(date_diff('day', CASE year(day)
    WHEN 2024 THEN DATE '2024-02-10' WHEN 2025 THEN DATE '2025-01-29' WHEN 2026 THEN DATE '2026-02-17'
    WHEN 2027 THEN DATE '2027-02-06' ELSE make_date(year(day), 2, 5) END, (day)::DATE) / 6.0, 2));
CREATE MACRO is_weekend(day) AS isodow(day) >= 6;
-- Days back from yesterday, youngest first.
CREATE MACRO days_back(n) AS TABLE SELECT d, (getvariable('today')::DATE - 1 - d::INTEGER) AS day FROM range(n) r(d);
