"""What a value may be, as SQL conditions: numbers, dates, identifiers, names, addresses."""

from xihu_platform.sql import text_literal

NULL_WORDS = ("-", "--", "—", "——", "/", "\\", "无", "暂无", "NULL", "null", r"\N", "N/A", "n/a")
DATES = (
    ("%Y-%m-%d", r"\d{4}-\d{1,2}-\d{1,2}"),
    ("%Y%m%d", r"(19|20)\d{6}"),
    ("%Y/%m/%d", r"\d{4}/\d{1,2}/\d{1,2}"),
    ("%Y.%m.%d", r"\d{4}\.\d{1,2}\.\d{1,2}"),
    ("%Y年%m月%d日", r"\d{4}年\d{1,2}月\d{1,2}日"),
    ("%d/%m/%Y", r"\d{1,2}/\d{1,2}/\d{4}"),
    ("%Y%m", r"(19|20)\d{2}(0[1-9]|1[0-2])"),
    ("%Y-%m", r"\d{4}-\d{1,2}"),
    ("%Y年%m月", r"\d{4}年\d{1,2}月"),
)
TIMES = tuple(
    (f"{day}{between}{clock}", rf"{shape}{between}{clock_shape}")
    for day, shape in DATES[:5]
    for between in (" ", "T")
    for clock, clock_shape in (
        ("%H:%M:%S", r"\d{1,2}:\d{2}:\d{2}"),
        ("%H:%M", r"\d{1,2}:\d{2}"),
        ("%H:%M:%S.%f", r"\d{1,2}:\d{2}:\d{2}\.\d{1,6}"),
    )
) + (("%Y%m%d%H%M%S", r"(19|20)\d{12}"),)
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章云苏潘葛范彭郎鲁韦昌马苗"
    "凤花方俞任袁柳史唐费廉岑薛雷贺倪汤滕殷罗毕郝安常乐于时傅皮卞齐康伍余元顾孟平黄和穆萧尹姚邵汪祁毛狄臧计"
    "成戴宋茅庞熊纪舒屈项祝董梁杜阮蓝季贾江童颜郭梅盛林钟徐邱骆高夏蔡田胡凌霍万卢莫房解应丁邓单洪包左石崔龚"
    "程裴陆翁甄曲封储段侯宁武刘景龙叶司黎白蒲卓池乔阳闻翟谭申桑桂牛尚温庄晏柴瞿阎习古易廖耿匡文欧沙关查游权"
)
# A time that a load reads without a declared format, with the offset it may name.
_MOMENT = r"[1-9]\d{3}[-/]\d{1,2}[-/]\d{1,2}[T ]\d{1,2}:\d{2}(:\d{2}(\.\d{1,6}0*)?)?"
_OFFSET = r"Z|UTC|GMT|[+-]\d{2}(:?\d{2})?"
_HAN = "[\u4e00-\u9fff]"
_LUHN = (
    "list_sum(list_transform(range(1, length(v) + 1), lambda i: CASE WHEN (length(v) - i) % 2 = 1 "
    "THEN (CAST(v[i] AS INTEGER) * 2) // 10 + (CAST(v[i] AS INTEGER) * 2) % 10 "
    "ELSE CAST(v[i] AS INTEGER) END)) % 10 = 0"
)


def _matches(pattern: str) -> str:
    return f"regexp_full_match(v, {text_literal(pattern)})"


KINDS: dict[str, str] = {
    "integer": _matches(r"[+-]?\d{1,18}"),
    "decimal": _matches(r"[+-]?\d{1,20}(\.\d+)?"),
    "leading_zero": _matches(r"0\d+"),
    "thousands": _matches(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?"),
    "percent": _matches(r"[+-]?\d+(\.\d+)?[%％]"),
    "magnitude": _matches(r"[+-]?\d+(\.\d+)?[万亿][元]?"),
    "boolean": "lower(v) IN ('是', '否', 'true', 'false', 'y', 'n', 'yes', 'no')",
    "moment": _matches(rf"{_MOMENT} ?({_OFFSET})?"),
    "zoned": _matches(rf"{_MOMENT} ?({_OFFSET})"),
    "dated": _matches(r"(19|20)\d{2}[-/.年]?\d{1,2}.*|\d{1,2}/\d{1,2}/\d{4}"),
    "citizen_shape": _matches(r"\d{15}|\d{17}[\dXxＸｘ]"),
    "uscc_shape": _matches(r"[0-9A-Za-z]{18}"),
    "account_shape": _matches(r"[1-9][0-9]{14,18}"),
    "document": _matches(r"[EGDSPH]\d{8}|E[A-Z]\d{7}|[HMC]\d{8,10}|\d{8}"),
    "mobile": _matches(r"(\+?86[- ]?)?1[3-9]\d{9}"),
    "landline": _matches(r"(\d{3,4}-)\d{7,8}"),
    "email": _matches(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}"),
    "plate": _matches(rf"{_HAN}[A-Z][A-Z0-9]{{5,6}}"),
    "person_name": _matches(f"[{_SURNAMES}]{_HAN}{{1,3}}|{_HAN}[*＊]+{_HAN}?"),
    "organisation_name": _matches(
        r".{4,}(公司|厂|店|中心|合作社|学校|医院|银行|局|委员会|协会|大学|集团|支行|部|所|院)"
    ),
    "address": _matches(r".*(省|市|区|县).*(路|街|道|巷|弄|村|镇|号|幢|室|组).*"),
    "longitude": _matches(r"1[0-3]\d\.\d{3,}"),
    "latitude": _matches(r"[1-5]\d\.\d{3,}"),
}
"""What a value `v`, trimmed and not empty, may be; `u` is its canonical form."""
CLOSER: dict[str, dict[str, str]] = {
    "dated": {
        # CASE, not AND: parsing costs ten times what the pattern costs.
        f"date {fmt}": f"CASE WHEN {_matches(shape)} THEN "
        f"try_strptime(v, {text_literal(fmt)}) IS NOT NULL ELSE false END"
        for fmt, shape in (*DATES, *TIMES)
    },
    # One number in eleven has a right check digit by chance: it must hold a date of birth too.
    "citizen_shape": {
        "citizen_id": "(citizen_id_holds(u) AND substr(u, 7, 2) IN ('18', '19', '20') "
        "AND try_strptime(substr(u, 7, 8), '%Y%m%d') IS NOT NULL)"
    },
    "uscc_shape": {"uscc": "uscc_holds(u)"},
    "account_shape": {
        "bank_account": f"CASE WHEN {KINDS['account_shape']} THEN {_LUHN} ELSE false END"
    },
}
"""Dearer kinds, looked at only where a value of the kind before them is there."""
