"""Declared steps as SQL: text in, text out; what a step does not understand it leaves as it is.

A value that a step leaves alone meets the cast and the rules as it was handed in, so that a wrong
value is quarantined and never guessed. Numbers are exact decimals throughout.
"""

from collections.abc import Callable

from xihu_catalog.contracts.model import Field, Step
from xihu_catalog.contracts.rules import raw_column
from xihu_catalog.contracts.steps import SPLIT_DEFAULT
from xihu_catalog.registry.regions import END, meanings
from xihu_platform.sql import identifier, text_literal

NULLS = (
    *("—", "－", "-", "--", "——", "―", "无", "/", "\\", "暂无", "空", "null", "\\n", "n/a", "na"),
    *("#n/a", "none", "nil"),
)
"""What a cell without a value holds, lower-case, unless the contract gives its own list."""

_BLANK = r"[\s\x{a0}\x{1680}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]"
_NO_WIDTH = r"[\x{200b}-\x{200f}\x{2060}\x{feff}\x{ad}]"
_WIDE = {chr(c): chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F)} | {"\u3000": " "}
_WIDE_PLAIN = {w: n for w, n in _WIDE.items() if n.isalnum() or n == " "}
_UNITS = {"千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "十亿": 9}
_UNITS |= {"百亿": 10, "千亿": 11, "万亿": 12}
_LAST_SERIAL = 2_958_465  # 9999-12-31
_LEAP_BUG = 60  # Excel counts a 29 February 1900 that never was


def _full_width(v: str, step: Step, field: Field) -> str:
    table = _WIDE if "all" in step.values else _WIDE_PLAIN
    wide, narrow = "".join(table), "".join(table.values())
    return f"translate({v}, {text_literal(wide)}, {text_literal(narrow)})"


def _spaces(v: str, step: Step, field: Field) -> str:
    kept = "" if "none" in step.values else " "
    bare = f"regexp_replace({v}, '{_NO_WIDTH}', '', 'g')"
    return f"nullif(trim(regexp_replace({bare}, '{_BLANK}+', '{kept}', 'g')), '')"


def _unguard(v: str, step: Step, field: Field) -> str:
    """Without the tab, apostrophe or ="…" that protects a number against a spreadsheet."""
    return f"nullif(unguarded({v}), '')"


def _nulls(v: str, step: Step, field: Field) -> str:
    listed = step.values or NULLS
    texts = ", ".join(text_literal(text.lower()) for text in listed)
    return f"CASE WHEN lower(trim({v})) NOT IN ({texts}) THEN {v} END"


_DATE = (
    r"^\s*([0-9]{4})(?:年|[-./])([0-9]{1,2})(?:月|[-./])([0-9]{1,2})日?"
    r"(?:[T\s]*([0-9]{1,2})(?:[:：]|时|点)([0-9]{1,2})?(?:[:：]|分)?([0-9]{1,2})?秒?)?\s*$"
)
_COMPACT = r"^\s*([0-9]{4})([0-9]{2})([0-9]{2})(?:\s*([0-9]{2})([0-9]{2})([0-9]{2}))?\s*$"


def _date_cn(v: str, step: Step, field: Field) -> str:
    """The ISO form; a DATE with a time of day other than midnight is left as it is."""
    made = f"CASE WHEN regexp_matches({v}, '{_COMPACT}') THEN {_iso(v, _COMPACT)} "
    made += f"WHEN regexp_matches({v}, '{_DATE}') THEN {_iso(v, _DATE)} ELSE {v} END"
    if field.type == "DATE":
        return f"regexp_replace({made}, ' 00:00:00$', '')"
    return made


def _iso(v: str, pattern: str) -> str:
    def part(group: int) -> str:
        return f"regexp_extract({v}, '{pattern}', {group})"

    day = f"{part(1)} || '-' || lpad({part(2)}, 2, '0') || '-' || lpad({part(3)}, 2, '0')"
    clock = " || ':' || ".join(f"lpad({part(g)}, 2, '0')" for g in (4, 5, 6))
    return f"({day}) || CASE WHEN {part(4)} = '' THEN '' ELSE ' ' || {clock} END"


def _excel_serial(v: str, step: Step, field: Field) -> str:
    """Days since 1899-12-30; 60 is the day that never was, and stays. A DATE takes whole days."""
    number = f"CAST({v} AS DECIMAL(18,9))"
    whole = f"CAST(floor({number}) AS INTEGER)"
    base = f"CASE WHEN {whole} < {_LEAP_BUG} THEN DATE '1899-12-31' ELSE DATE '1899-12-30' END"
    if field.type == "DATE":
        pattern, made = r"[0-9]{1,7}([.]0+)?", f"strftime({base} + {whole}, '%Y-%m-%d')"
    else:
        pattern = r"[0-9]{1,7}([.][0-9]{0,9}0*)?"
        seconds = f"CAST(round(({number} - floor({number})) * 86400) AS INTEGER)"
        moment = f"CAST({base} + {whole} AS TIMESTAMP) + to_seconds({seconds})"
        made = f"strftime({moment}, '%Y-%m-%d %H:%M:%S')"
    # Two CASEs: the inner is only reached by what the pattern has let through.
    inner = f"CASE WHEN {whole} BETWEEN 1 AND {_LAST_SERIAL} AND {whole} <> {_LEAP_BUG} "
    inner += f"THEN {made} ELSE {v} END"
    return f"CASE WHEN regexp_full_match({v}, '{pattern}') THEN {inner} ELSE {v} END"


_NUMBER = r"[+-]?([0-9]{1,3}(?:[,，][0-9]{3})+|[0-9]{1,18})([.][0-9]{0,10})?"


def _number_cn(v: str, step: Step, field: Field) -> str:
    """Plain digits; a per cent sign is understood only as the contract declares it."""
    units = "|".join(sorted(_UNITS, key=len, reverse=True))
    power = " ".join(
        f"WHEN {text_literal(unit)} THEN CAST(1{'0' * zeros} AS BIGINT)"
        for unit, zeros in _UNITS.items()
    )
    digits = f"CAST(regexp_replace(regexp_extract({v}, '^{_NUMBER}'), '[,，]', '', 'g') "
    digits += "AS DECIMAL(28,10))"
    unit = f"regexp_extract({v}, '({units})$')"
    scaled = f"{digits} * CASE {unit} {power} ELSE CAST(1 AS BIGINT) END"
    case = f"CASE WHEN regexp_full_match({v}, '{_NUMBER} ?({units})?') THEN {_plain(scaled)} "
    if step.values:
        share = f"CAST({digits} AS DECIMAL(30,12)) * CAST(0.01 AS DECIMAL(3,2))"
        share = share if "fraction" in step.values else digits
        case += f"WHEN regexp_full_match({v}, '{_NUMBER} ?[%％]') THEN {_plain(share)} "
    return f"{case}ELSE {v} END"


def _plain(number: str) -> str:
    """A decimal's digits without the zeros behind its value."""
    return (
        f"regexp_replace(regexp_replace(CAST({number} AS VARCHAR), '([.][0-9]*?)0+$', '\\1'), "
        "'[.]$', '')"
    )


def _split(v: str, step: Step, field: Field) -> str:
    """Several values in the order given, trimmed and joined by `;`; blank ones are none."""
    separators = step.values or SPLIT_DEFAULT
    joined = f"translate({v}, {text_literal(''.join(separators))}, '{';' * len(separators)}')"
    trimmed = f"list_transform(string_split({joined}, ';'), lambda x: trim(x))"
    full = f"list_filter({trimmed}, lambda x: x <> '')"
    return f"nullif(array_to_string({full}, ';'), '')"


def _document(v: str, step: Step, field: Field) -> str:
    return f"canonical_id(regexp_replace({v}, '[\\s\\x{{3000}}\\x{{a0}}-]', '', 'g'))"


def _uscc(v: str, step: Step, field: Field) -> str:
    return f"canonical_text(regexp_replace({v}, '[\\s\\x{{3000}}\\x{{a0}}-]', '', 'g'))"


_STEPS: dict[str, Callable[[str, Step, Field], str]] = {
    "full_width": _full_width,
    "spaces": _spaces,
    "unguard": _unguard,
    "nulls": _nulls,
    "date_cn": _date_cn,
    "excel_serial": _excel_serial,
    "number_cn": _number_cn,
    "split": _split,
    "document": _document,
    "uscc": _uscc,
}
"""All but `region`, which needs another field's cast value: `compile` joins `regions_sql`."""


def step_sql(column: str, step: Step, field: Field) -> str:
    """The text after one step, as an expression over the column that holds it before."""
    return _STEPS[step.name](column, step, field)


def regions_sql() -> str:
    """Known texts with the one code each stands for, by span of days; none where it is several."""
    rows = ", ".join(
        f"({text_literal(m.text)}, DATE '{m.since.isoformat()}', DATE '{m.until.isoformat()}', "
        f"{text_literal(m.codes[0])})"
        for m in meanings()
        if len(m.codes) == 1
    )
    return f"_regions(_place, _since, _until, _code) AS (VALUES {rows})"


def region_join(field: Field, alias: str) -> str:
    """The join that finds a field's code on the row's own day, on today's list if it has none."""
    step = field.step("region")
    day = f"DATE '{END.isoformat()}' - 1"
    if step and step.values:
        day = f"coalesce(CAST({identifier(step.values[0])} AS DATE), {day})"
    return (
        f"LEFT JOIN _regions AS {alias} ON {alias}._place = {raw_column(field.name)} "
        f"AND {alias}._since <= {day} AND {day} < {alias}._until"
    )
