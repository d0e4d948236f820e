SELECT p AS _i, named AS _safe, document_kind, document_number, name,
    CASE WHEN male THEN '1' ELSE '2' END AS sex,
    CASE WHEN document_kind <> '1' AND NOT named THEN NULL
        WHEN county_code LIKE '3311%' AND chance('she', p, 60) THEN '22'
         WHEN chance('ethnic', p, 985) OR named THEN '01'
             ELSE one_of('which', p, ['06', '15', '03', '11', '12', '09', '07', '36', '10']) END AS ethnic,
    birth AS birth_date,
    CASE WHEN age < 22 THEN '10' WHEN chance('single', p, 90 + 700 // (age - 20)::BIGINT) THEN '10'
         WHEN age > 65 AND chance('widowed', p, 12 * (age - 62)::BIGINT) THEN '30'
         ELSE one_of('marriage', p, ['20', '20', '20', '20', '20', '20', '20', '20', '40']) END AS marital_status,
    county_code,
    county_name || one_of('road', p, ['望湖', '桂花', '文晖', '体育场', '解放', '人民', '建设', '南山', '学院', '滨江', '新塘', '古墩'])
        || one_of('kind of road', p, ['路', '街', '巷', '大道']) || (1 + pick('number', p, 480)) || '号'
        || (1 + pick('house', p, 30)) || '幢' || (1 + pick('floor', p, 18)) || '0' || (1 + pick('flat', p, 4))
            || '室' AS address,
    CASE WHEN age >= 12 AND NOT chance('no phone', p, 30) THEN '154'
        || lpad(pick('phone', p, 100000000)::VARCHAR, 8, '0') END AS mobile,
    birth + (date_diff('day', birth, getvariable('today')::DATE - 1)
        * sqrt(unit('registered', p)))::INTEGER AS registered_on
FROM people
