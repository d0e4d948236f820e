-- All firms: one row each, the firm somebody can act for first.
WITH drawn AS (
    SELECT f, f = 0 AS named, pick('firm place', f, 4096) AS slot,
        one_of('section', f, string_split('C C C C C C F F F F F F L L M M I I E E G H H O A K R J N P Q D B',
            ' ')) AS section,
        -- Founding speeds up towards today.
        getvariable('today')::DATE - 1 - (9000 * pow(unit('founded', f), 1.25))::INTEGER AS established,
        unit('size', f) AS size
    FROM range(getvariable('firms')) r(f)
), trade AS (
    SELECT *, CASE WHEN named OR section = 'C' THEN
        one_of('division', f, string_split('17 17 17 18 18 19 20 21 22 23 24 26 26 27 28 29 29 30 31 32 33 33 '
            || '34 34 34 35 35 36 36 37 38 38 38 39 39 40 41 13 14 15 42 43 25', ' ')) ELSE section END AS industry,
        CASE WHEN named THEN 'active'
             WHEN chance('ended', f, 120) AND established < getvariable('today')::DATE - 400
             THEN one_of('end', f, ['cancelled', 'cancelled', 'cancelled', 'revoked', 'suspended'])
             ELSE 'active' END AS status,
        CASE WHEN named THEN 'limited' WHEN section = 'A' THEN 'cooperative'
             ELSE one_of('type', f,
                 ['limited', 'limited', 'limited', 'limited', 'limited', 'limited', 'joint_stock', 'sole',
                 'partnership', 'foreign'])
        END AS org_type
    FROM drawn
)
SELECT f, firm_uscc(f) AS uscc,
    CASE WHEN named THEN getvariable('named_firm_name') ELSE
        left(city, length(city) - 1)
        || one_of('word 1', f,
            ['云', '澜', '恒', '启', '瑞', '华', '德', '新', '泰', '宏', '嘉', '金', '东', '海', '星', '远', '正', '明', '和', '盛'])
        || one_of('word 2', f,
            ['岭', '川', '源', '舟', '禾', '峰', '泽', '达', '通', '诚', '创', '飞', '锦', '润', '丰', '茂', '腾', '翔', '越', '杉'])
        || CASE section WHEN 'C' THEN one_of('trade', f,
            ['机械', '纺织', '电子', '塑业', '五金', '新材料', '电气', '医药', '食品', '家具'])
            WHEN 'F' THEN '贸易' WHEN 'L' THEN '商务服务' WHEN 'M' THEN '科技' WHEN 'I' THEN '信息技术' WHEN 'E' THEN '建设工程'
            WHEN 'G' THEN '物流' WHEN 'H' THEN '餐饮管理' WHEN 'A' THEN '农业' WHEN 'K' THEN '置业' WHEN 'J' THEN '投资管理'
            ELSE '服务' END
        || CASE org_type WHEN 'cooperative' THEN '专业合作社（示例）' WHEN 'joint_stock' THEN '（示例）股份有限公司'
            WHEN 'sole' THEN '工作室（示例）' WHEN 'partnership' THEN '合伙企业（示例）' ELSE '（示例）有限公司' END END AS name,
    org_type,
    CASE WHEN named THEN 'C' ELSE section END AS section,
    CASE WHEN named THEN '34' ELSE industry END AS industry,
    (1 + 20 * pow(size, 6))::DECIMAL(9, 3) AS size,
    established, status,
    CASE WHEN status IN ('cancelled', 'revoked') THEN established + 100 + pick('closed', f,
        date_diff('day', established, getvariable('today')::DATE) - 100)::INTEGER END AS closed,
    CASE WHEN named THEN '330106' ELSE code END AS county_code,
    one_of('boss 1', f, ['王', '陈', '张', '李', '徐', '金', '吴', '周', '林', '朱', '胡', '叶', '郑', '杨', '沈'])
        || one_of('boss 2', f, ['建国', '志强', '晓东', '丽华', '永明', '海燕', '国平', '文斌', '慧敏', '立新', '春兰', '俊杰']) AS boss,
    named
FROM trade JOIN business_place USING (slot)
