-- Joint visits take the place of many separate ones as the years go by.
WITH visit AS (
    SELECT *, f * 8 + k AS i, getvariable('today')::DATE - 1 - pick('inspected', f * 8 + k, 730)::INTEGER AS inspected
    FROM (SELECT *, unnest(range(CASE WHEN named THEN 2 ELSE pick('inspections', f, 5) END)) AS k FROM firms
            WHERE status <> 'cancelled')
), outcome AS (
    SELECT *, CASE WHEN unit('joint', i) < 0.15 + 0.4
            * (1 - date_diff('day', inspected, getvariable('today')::DATE) / 730.0) THEN 'joint'
            ELSE one_of('kind', i, ['random', 'random', 'random', 'special', 'clue']) END AS kind,
        one_of('result', i, ['pass', 'pass', 'pass', 'pass', 'pass', 'pass', 'pass', 'rectify', 'rectify', 'case',
            'absent']) AS result
    FROM visit
)
SELECT i AS _i, named AS _safe, 'JC' || lpad(i::VARCHAR, 12, '0') AS inspection_no, uscc, county_code,
    section AS industry_section, kind,
    CASE WHEN kind = 'joint' THEN 2 + pick('departments', i, 4) ELSE 1 END::INTEGER AS departments,
    one_of('inspector 1', i, ['王', '陈', '张', '李', '徐', '金', '吴', '周', '林', '朱'])
        || one_of('inspector 2', i, ['建华', '志军', '晓燕', '国强', '静', '海波', '丽', '伟']) AS inspector,
    inspected AS inspected_on, result,
    CASE WHEN result IN ('rectify', 'case') AND NOT named AND chance('before', i, 4) THEN inspected - 5
         WHEN result IN ('rectify', 'case')
             THEN least(inspected + 3 + pick('corrected', i, 27)::INTEGER,
             getvariable('today')::DATE - 1) END AS corrected_on
FROM outcome WHERE inspected >= established
