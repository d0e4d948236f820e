-- Everybody: one row for each resident, the people one can sign in as first.
WITH drawn AS (
    SELECT p,
        p % 100 >= 97 AS foreign_document,
        chance('male', p, 519) AS male,
        a.youngest + pick('year of age', p, 5) AS years,
        pick('place', p, 4096) AS slot
    FROM range(getvariable('people')) r(p) JOIN age a ON a.slot = pick('age', p, 1000)
), born AS (
    -- Counter and day of birth together never repeat: see the test on unique numbers.
    SELECT *, make_date(2025 - years::INTEGER, 1, 1)
        + ((pick('day', p % 49500, 365) + p // 49500) % 365)::INTEGER AS birth
    FROM drawn
), numbered AS (
    SELECT *, (339900 + (p // 500) % 99) * 100000000000
        + (year(birth) * 10000 + month(birth) * 100 + day(birth)) * 1000
        + (p % 500) * 2 + male::INTEGER AS seventeen
    FROM born
)
SELECT p,
    CASE WHEN n.number IS NOT NULL THEN '1' WHEN NOT foreign_document THEN '1'
         WHEN p % 100 = 97 THEN '2' WHEN p % 100 = 98 THEN '4' ELSE '5' END AS document_kind,
    CASE WHEN n.number IS NOT NULL THEN n.number WHEN NOT foreign_document THEN citizen_id(seventeen)
         WHEN p % 100 = 97 THEN 'XX' || lpad((p // 100)::VARCHAR, 7, '0')
         WHEN p % 100 = 98 THEN 'H99' || lpad((p // 100)::VARCHAR, 6, '0')
         ELSE '99' || lpad((p // 100)::VARCHAR, 6, '0') END AS document_number,
    CASE WHEN n.name IS NOT NULL THEN n.name
         WHEN p % 100 = 97 THEN one_of('given abroad', p,
             ['Anna', 'David', 'Maria', 'Omar', 'Yuki', 'Elena', 'Samuel', 'Leila'])
            || ' ' || one_of('family abroad', p,
                ['Novak', 'Okoro', 'Silva', 'Tanaka', 'Keller', 'Haddad', 'Larsen', 'Moreau'])
         ELSE one_of('surname', p, ['王', '王', '王', '陈', '陈', '陈', '张', '张', '李', '李', '徐', '徐', '金', '金', '吴', '吴',
            '周', '周', '林', '朱', '胡', '叶', '郑', '杨', '沈', '赵', '黄', '章', '潘', '俞', '何', '方', '孙', '蒋', '许', '钱', '余',
            '戴', '楼', '欧阳'])
            || CASE WHEN numbered.male
                THEN one_of('first', p, ['建', '志', '浩', '宇', '伟', '俊', '家', '文', '国', '明', '永', '子', '泽', '海', '立',
                    '承'])
                ELSE one_of('first', p, ['雅', '晓', '诗', '静', '慧', '丽', '佳', '若', '思', '美', '婉', '语', '梓', '春', '月',
                    '宜']) END
            || CASE WHEN chance('single', p, 180) THEN '' WHEN numbered.male
                THEN one_of('second', p, ['国', '强', '轩', '辰', '峰', '豪', '军', '涛', '杰', '安', '华', '平', '林', '远', '川',
                    '恒'])
                ELSE one_of('second', p, ['琴', '岚', '涵', '怡', '萍', '娟', '雯', '敏', '芳', '溪', '宁', '云', '瑶', '欣', '兰',
                    '珍']) END
        END AS name,
    CASE WHEN n.number IS NOT NULL THEN n.male ELSE numbered.male END AS male,
    CASE WHEN n.number IS NOT NULL THEN n.birth ELSE numbered.birth END AS birth,
    CASE WHEN n.number IS NOT NULL THEN '330106' ELSE code END AS county_code,
    CASE WHEN n.number IS NOT NULL THEN '杭州市西湖区' ELSE city || place.name END AS county_name,
    (year(getvariable('today')::DATE) - year(CASE
        WHEN n.number IS NOT NULL THEN n.birth ELSE numbered.birth END))::INTEGER AS age,
    n.number IS NOT NULL AS named
FROM numbered JOIN place USING (slot) LEFT JOIN named n USING (p)
