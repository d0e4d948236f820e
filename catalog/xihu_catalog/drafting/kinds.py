"""Guesses a column's type, format and steps from what its values look like."""

import re
from dataclasses import dataclass

from xihu_catalog.drafting.guess import Guess, share_of
from xihu_catalog.drafting.profile import ProfiledColumn
from xihu_catalog.drafting.terms import bare
from xihu_catalog.drafting.value_kinds import DATES, TIMES
from xihu_platform.access.policy import Identifier
from xihu_platform.words import Text

MOST = (
    0.98  # share of the values that makes a type; the others will be quarantined, with the reason
)
TEXTS = {
    *("citizen_id", "document_number", "uscc", "mobile", "person_name", "address"),
    *("bank_account", "medical"),
}
"""Identifiers that are texts, whatever type a file or a database states."""
_NUMBERED = re.compile(
    "(号|编号|编码|代码|号码|标识|标识码)$|(_id|_no|_code|code|id)$", re.IGNORECASE
)
_KIND_OF = re.compile("(种类|类别|类型|等级|级别|方式|状态|性质|渠道|主题|分类)$")
_BOOLEANS = {"是", "否", "true", "false", "y", "n"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A type in the lake, the source's format and the steps before casting."""

    type: str
    source_format: str | None = None
    steps: tuple[str | dict[str, list[str]], ...] = ()
    guesses: tuple[Guess, ...] = ()


def field_type(column: ProfiledColumn, identifier: Identifier | None, *, sampled: bool) -> Kind:
    kind = _type(column, identifier, sampled=sampled)
    return with_habits(column, kind)


def with_habits(column: ProfiledColumn, kind: Kind) -> Kind:
    """The kind with the steps that its cells need whatever their type, each with its reason."""
    before: list[str | dict[str, list[str]]] = []
    why = []
    if column.guarded:
        before.append("unguard")
        words = Text(
            f'{column.guarded:,} 个单元格带有制表符、撇号或 ="…" 等防护符号，由 unguard 去掉',
            f'{column.guarded:,} cells carry a tab, an apostrophe or ="…", which unguard takes off',
        )
        why.append(Guess("steps", words))
    after: list[str | dict[str, list[str]]] = []
    if column.null_words:
        after.append({"nulls": [word for word, _ in column.null_words]})
        seen = "、".join(f"“{word}” {n:,}" for word, n in column.null_words)
        seen_en = ", ".join(f"“{word}” {n:,}" for word, n in column.null_words)
        words = Text(f"视为空值：{seen} 个，请核对", f"taken for no value: {seen_en}; check them")
        why.append(Guess("nulls", words))
    steps = (*before, *kind.steps, *after)
    return Kind(kind.type, kind.source_format, steps, (*kind.guesses, *why))


def _because(
    column: ProfiledColumn, kind: str, zh: str, en: str, *, sampled: bool
) -> tuple[Guess, ...]:
    part = share_of(column, kind, sampled=sampled)
    return (Guess("type", Text(f"{part.zh} {zh}", f"{part.en} {en}")),)


def _type(column: ProfiledColumn, identifier: Identifier | None, *, sampled: bool) -> Kind:
    if not column.given:
        why = Text("没有任何取值，类型无从判断", "no value at all: the type cannot be told")
        return Kind("VARCHAR", guesses=(Guess("type", why),))
    if identifier in TEXTS:
        return Kind("VARCHAR")
    for guess in (_boolean, _date, _number):
        kind = guess(column, sampled=sampled)
        if kind is not None:
            return kind
    return Kind("VARCHAR")


def _boolean(column: ProfiledColumn, *, sampled: bool) -> Kind | None:
    found = {value.lower() for value, _ in column.values}
    if found and found <= {"0", "1"} and bare(column.header).startswith("是否"):
        why = Text("列名是“是否…”，取值为 0 和 1", "the header asks whether; values are 0 and 1")
        return Kind("BOOLEAN", guesses=(Guess("type", why),))
    if not found or not found <= _BOOLEANS:
        return None
    words = _because(column, "boolean", "是“是/否”", "are yes or no", sampled=sampled)
    return Kind("BOOLEAN", guesses=words)


def _date(column: ProfiledColumn, *, sampled: bool) -> Kind | None:
    formats = [fmt for fmt, _ in (*DATES, *TIMES)]
    best = max(formats, key=lambda fmt: column.counts.get(f"date {fmt}", 0))
    share = column.share(f"date {best}")
    if share < MOST and column.share("moment") >= MOST:
        return _moment(column, sampled=sampled)
    if best == "%Y%m" and not re.search("月|month|period", column.header, re.IGNORECASE):
        return None
    timed = "%H" in best
    whole = sum(column.counts.get(f"date {fmt}", 0) for fmt in formats)
    if share < MOST:
        return _mixed_dates(column, whole, sampled=sampled)
    why = _because(
        column, f"date {best}", f"符合 {best}", f"are of the form {best}", sampled=sampled
    )
    iso = best in {"%Y-%m-%d", "%Y-%m-%d %H:%M:%S"}
    fixed = column.shortest == column.longest
    kind = "TIMESTAMP" if timed else "DATE"
    return Kind(kind, None if iso and fixed else best, guesses=why)


def _moment(column: ProfiledColumn, *, sampled: bool) -> Kind:
    zoned = column.counts.get("zoned", 0)
    why = _because(column, "moment", "是 ISO 时间", "are ISO times", sampled=sampled)
    if zoned:
        words = Text(
            f"{zoned:,} 个带有时区，换算为北京时间入库", f"{zoned:,} name an offset: Beijing time"
        )
        why = (*why, Guess("type", words))
    return Kind("TIMESTAMP", guesses=why)


def _mixed_dates(column: ProfiledColumn, whole: int, *, sampled: bool) -> Kind | None:
    """Several ways of writing dates in one column: the declared step reads them all."""
    if not column.given or whole < MOST * column.given:
        return None
    timed = any("%H" in kind and n for kind, n in column.counts.items())
    why = Guess("type", Text("日期有多种写法，由 date_cn 统一", "dates written in several ways"))
    return Kind("TIMESTAMP" if timed else "DATE", steps=("date_cn",), guesses=(why,))


def _number(column: ProfiledColumn, *, sampled: bool) -> Kind | None:
    header = bare(column.header)
    if column.counts.get("leading_zero") and column.share("integer") >= MOST:
        why = Text(
            "有以 0 开头的数字，是代码不是数值", "digits with leading zeros: a code, no number"
        )
        return Kind("VARCHAR", guesses=(Guess("type", why),))
    if column.share("integer") >= MOST:
        coded = bool(column.values) and _KIND_OF.search(header)
        if _NUMBERED.search(header) or coded:
            why = Text("列名是编号或代码，不作数值", "the header is of a number of things: a text")
            return Kind("VARCHAR", guesses=(Guess("type", why),))
        small = column.whole_digits <= 9
        why = Text("是整数", "are whole numbers")
        return Kind(
            "INTEGER" if small else "BIGINT",
            guesses=_because(column, "integer", why.zh, why.en, sampled=sampled),
        )
    if not column.places and column.whole_digits > 18:
        return None  # so many digits count nothing: a number of something
    if column.share("decimal") >= MOST and column.whole_digits + column.places <= 38:
        precision = 18 if column.whole_digits + column.places <= 16 else 38
        words = _because(
            column,
            "decimal",
            f"是数值，小数至多 {column.places} 位",
            f"are numbers with at most {column.places} decimal places",
            sampled=sampled,
        )
        return Kind(f"DECIMAL({precision},{column.places})", guesses=words)
    return _written_number(column)


def _written_number(column: ProfiledColumn) -> Kind | None:
    """1,234.50, 12%, 3.5万: numbers once the declared step has read them."""
    ways = ("decimal", "thousands", "percent", "magnitude")
    written = sum(column.counts.get(kind, 0) for kind in ways)
    if not column.given or written < MOST * column.given:
        return None
    why = Text(
        "数值带千分位、百分号或万/亿，由 number_cn 读出", "written with separators, % or 万/亿"
    )
    step: str | dict[str, list[str]] = "number_cn"
    if column.counts.get("percent"):
        step = {"number_cn": ["percent"]}
    return Kind("DECIMAL(18,4)", steps=(step,), guesses=(Guess("type", why),))
