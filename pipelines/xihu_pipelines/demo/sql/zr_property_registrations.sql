WITH owned AS (
    SELECT p, document_number, name, county_code, county_name, named, age, p * 4 + k AS i
    FROM (SELECT *, unnest(range(CASE WHEN named THEN 1 WHEN age < 24 THEN 0
              ELSE one_of('homes', p, [0, 0, 0, 1, 1, 1, 1, 2]) END)) AS k FROM people WHERE document_kind = '1')
), unit AS (
    SELECT *, CASE WHEN named THEN 'residential'
            ELSE one_of('use', i, ['residential', 'residential', 'residential', 'residential', 'residential',
                'garage', 'garage', 'commercial', 'office', 'industrial']) END AS property_use,
        getvariable('today')::DATE - 1 - (365 * greatest(least(age - 20, 24), 1) * unit('bought', i))::INTEGER AS registered
    FROM owned
), sized AS (
    SELECT *, CASE property_use WHEN 'garage' THEN 12 + pick('area', i, 8)
            WHEN 'industrial' THEN 300 + pick('area', i, 3000)
        ELSE 48 + pick('area', i, 120) + pick('area cm', i, 100) / 100.0 END::DECIMAL(12, 2) AS area
    FROM unit
)
SELECT i AS _i, named AS _safe, 'BDC' || lpad(i::VARCHAR, 16, '0') AS unit_no, document_number AS citizen_id,
    name AS owner_name, county_code,
    county_name || one_of('estate', i, ['云栖苑', '望江府', '翠柏园', '兰亭里', '春晓花园', '锦绣湾', '南湖名邸', '青枫公寓'])
        || (1 + pick('house', i, 30)) || '幢' || (1 + pick('floor', i, 24)) || '0' || (1 + pick('flat', i, 4))
            || '室' AS address,
    property_use, one_of('share', i, ['owned', 'joint', 'joint', 'shares']) AS right_kind, area AS floor_area_m2,
    round(area * (6000 + 26000 * unit('price', i)) * CASE WHEN county_code LIKE '3301%' THEN 1.7
        WHEN county_code LIKE '3302%' THEN 1.3 ELSE 1 END, -2)::DECIMAL(18, 2) AS price_cny,
    registered AS registered_on
FROM sized
