WITH decided AS (
    SELECT *, getvariable('today')::DATE - 1 - pick('penalty day', f, 1820)::INTEGER AS on_day,
        one_of('penalty', f, ['fine', 'fine', 'fine', 'fine', 'warning', 'warning', 'confiscation', 'suspension',
            'revocation']) AS penalty_type
    FROM firms WHERE chance('penalised', f, CASE WHEN section IN ('C', 'E', 'H') THEN 460 ELSE 260 END) AND NOT named
)
SELECT f AS _i, named AS _safe, 'CF' || lpad(f::VARCHAR, 12, '0') AS penalty_no, uscc, name AS firm_name,
    penalty_type,
    one_of('ground', f, ['未按规定公示年度报告', '产品标识不符合规定', '未落实安全生产培训', '超标排放污染物', '发布虚假广告', '未明码标价', '特种设备未按期检验',
        '施工现场扬尘控制不到位']) AS ground,
    CASE WHEN penalty_type IN ('fine', 'confiscation')
        AND NOT chance('no amount', f, 2) THEN round(1000 + 60000 * pow(unit('amount', f), 3), -2)
        ELSE 0 END::DECIMAL(14, 2) AS amount_cny,
    county_code, on_day AS decided_on
FROM decided WHERE on_day >= established
