"""Numbers, dates and times as people write them in Chinese and in English."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from zoneinfo import ZoneInfo

from xihu_platform.rough import Rough
from xihu_platform.words import Language
from xihu_portals.web.parts import Number, Period

SHANGHAI = ZoneInfo("Asia/Shanghai")
UNKNOWN = "—"
SPACE = "\u00a0"
"""No-break: a number and its unit stay on one line."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EVERY_DIGIT = Context(prec=100, rounding=ROUND_HALF_UP)
"""Python's own context keeps 28 digits; a DECIMAL of the lake has up to 38."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_MONTH_DAYS = 30
"""Beyond so many days a relative time says less than the date."""


def _rounded(value: Number, decimals: int) -> Decimal:
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return exact.quantize(Decimal(1).scaleb(-decimals), context=_EVERY_DIGIT)


def number(value: Number | None, decimals: int | None = None) -> str:
    """Grouped by thousands; with `decimals` digits after the point, else as they are.

    >>> number(1234), number(Decimal("-0.5"), 2), number(None), number(12.5)
    ('1,234', '−0.50', '—', '12.5')
    """
    if value is None:
        return UNKNOWN
    if isinstance(value, Rough):
        return f"≈{value:,}" if value else "<100"
    exact = Decimal(str(value)) if decimals is None else _rounded(value, decimals)
    written = f"{exact.copy_abs():,f}"
    if exact == 0:
        return written
    return f"−{written}" if exact < 0 else written


def compact(value: Number | None, language: Language) -> str:
    """Three figures and the scale word of the language.

    >>> compact(123000, "zh"), compact(456000000, "zh"), compact(1234, "zh")
    ('12.3万', '4.56亿', '1,234')
    >>> compact(123000, "en"), compact(456000000, "en")
    ('123\\xa0K', '456\\xa0M')
    """
    if value is None:
        return UNKNOWN
    exact = Decimal(str(value))
    scales = (
        ((8, "亿"), (4, "万"))
        if language == "zh"
        else ((9, f"{SPACE}B"), (6, f"{SPACE}M"), (3, f"{SPACE}K"))
    )
    if abs(exact) < 10_000:
        return number(value, None if exact == exact.to_integral_value() else 1)
    for power, word in scales:
        scaled = exact.scaleb(-power)
        if abs(scaled) >= 1:
            decimals = max(0, 2 - scaled.adjusted())
            return f"{number(_rounded(scaled, decimals), decimals)}{word}"
    return number(value)


def percent(ratio: Number | None, language: Language, decimals: int = 1) -> str:
    """A ratio as a percentage.

    >>> percent(Decimal("0.087"), "zh"), percent(Decimal("0.087"), "en")
    ('8.7%', '8.7\\xa0%')
    """
    if ratio is None:
        return UNKNOWN
    written = number(Decimal(str(ratio)) * 100, decimals)
    return f"{written}%" if language == "zh" else f"{written}{SPACE}%"


def day(value: date | None, language: Language) -> str:
    """
    >>> day(date(2026, 11, 23), "zh"), day(date(2026, 11, 23), "en")
    ('2026年11月23日', '23 Nov 2026')
    """
    if value is None:
        return UNKNOWN
    if language == "zh":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def local(value: datetime) -> datetime:
    """The moment on a clock in Shanghai; a naive time is taken as already there."""
    return value.astimezone(SHANGHAI) if value.tzinfo else value


def moment(value: datetime | None, language: Language) -> str:
    """A date with the time of day, in Asia/Shanghai."""
    if value is None:
        return UNKNOWN
    there = local(value)
    joint = " " if language == "zh" else ", "
    return f"{day(there.date(), language)}{joint}{there:%H:%M}"


def short_moment(value: datetime | None, now: datetime, language: Language) -> str:
    """A moment without its year where that is this year.

    >>> from datetime import timezone
    >>> now = datetime(2026, 11, 23, tzinfo=timezone.utc)
    >>> short_moment(now, now, "zh"), short_moment(now, now, "en")
    ('11月23日 08:00', '23 Nov, 08:00')
    """
    if value is None or local(value).year != local(now).year:
        return moment(value, language)
    there = local(value)
    if language == "zh":
        return f"{there.month}月{there.day}日 {there:%H:%M}"
    return f"{there.day} {_MONTHS[there.month - 1]}, {there:%H:%M}"


def relative(value: datetime | None, now: datetime, language: Language) -> str:
    """How long ago, or how long until; beyond a month the date itself.

    >>> from datetime import timedelta, timezone
    >>> now = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
    >>> [relative(now - timedelta(hours=h), now, "zh") for h in (0, 2, 50)]
    ['刚刚', '2 小时前', '2 天前']
    >>> relative(now - timedelta(hours=1), now, "en"), relative(now + timedelta(days=3), now, "en")
    ('1 hour ago', 'in 3 days')
    """
    if value is None:
        return UNKNOWN
    seconds = int((value - now).total_seconds())
    size = abs(seconds)
    if size < _MINUTE:
        return "刚刚" if language == "zh" else "just now"
    if size > _MONTH_DAYS * _DAY:
        return day(local(value).date(), language)
    count, zh, en = next(
        (size // length, zh, en)
        for length, zh, en in (
            (_DAY, "天", "day"),
            (_HOUR, "小时", "hour"),
            (_MINUTE, "分钟", "minute"),
        )
        if size >= length
    )
    if language == "zh":
        return f"{count} {zh}{'前' if seconds < 0 else '后'}"
    words = f"{count} {en}{'' if count == 1 else 's'}"
    return f"{words} ago" if seconds < 0 else f"in {words}"


def period(value: Period | None, language: Language) -> str:
    """
    >>> period(Period(date(2026, 10, 1)), "zh"), period(Period(date(2026, 7, 1), "quarter"), "en")
    ('2026年10月', 'Q3 2026')
    """
    if value is None:
        return UNKNOWN
    start, quarter = value.start, (value.start.month + 2) // 3
    hour = f"{start:%H:%M}" if isinstance(start, datetime) else ""
    month = _MONTHS[start.month - 1]
    zh = {
        "year": f"{start.year}年",
        "quarter": f"{start.year}年第{'一二三四'[quarter - 1]}季度",
        "month": f"{start.year}年{start.month}月",
        "day": day(start, "zh"),
        "hour": f"{start.month}月{start.day}日 {hour}",
    }
    en = {
        "year": f"{start.year}",
        "quarter": f"Q{quarter} {start.year}",
        "month": f"{month} {start.year}",
        "day": day(start, "en"),
        "hour": f"{start.day} {month}, {hour}",
    }
    return (zh if language == "zh" else en)[value.grain]
