"""Values of a contract that are of another kind than their names say: told before it is read.

YAML makes a text of `"false"` and a number of `5`; read as they come, the one would mean true and
the other be no pattern at all.
"""

import math
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import yaml
from sqlglot import exp

from xihu_catalog.contracts.document import line_of
from xihu_platform.access.written import read_new_sql
from xihu_platform.errors import BadInput
from xihu_platform.visible import is_blank
from xihu_platform.words import Text

# Any, all through: what YAML holds is of any type, which is what is looked at here.
_Path = tuple[int | str, ...]
_Test = Callable[[Any], bool]
_OPTIONS: dict[str, tuple[_Test, str, str]] = {
    "pattern": (lambda v: isinstance(v, str), "文本", "a text"),
    "minLength": (lambda v: _is_count(v), "不小于 0 的整数", "a whole number from 0"),
    "maxLength": (lambda v: _is_count(v), "不小于 0 的整数", "a whole number from 0"),
    "minimum": (lambda v: _is_bound(v), "数字或日期", "a number or a date"),
    "maximum": (lambda v: _is_bound(v), "数字或日期", "a number or a date"),
    "format": (lambda v: isinstance(v, str), "文本", "a text"),
}
"""The options of ODCS that are enforced here."""
_FLAGS = {
    *("push", "synthetic", "standingConsent", "vault", "subjectKey", "firmKey", "region", "time"),
    *("validFrom", "validTo"),
}
_TEXTS = {
    *("codeList", "identifier", "protect", "sourceColumn", "sourceFormat", "dataElement"),
    *("provider", "resourceCode", "licence", "deleteColumn", "nameEn"),
}
_COMPARISONS = {
    *("mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan"),
    *("mustBeLessOrEqualTo", "mustBeBetween", "mustNotBeBetween"),
}


def wrong_kinds(raw: Any, node: yaml.Node) -> Iterator[tuple[int, Text]]:
    """Line and words of each; a document of another shape is told of by its reader."""
    if not isinstance(raw, dict):
        return
    for path, what, zh, en in _found(raw):
        yield (
            line_of(node, path),
            Text(f"{what} 应为{zh}，请改正", f"{what} must be {en}: correct it"),
        )


_Fault = tuple[_Path, str, str, str]


def _found(raw: dict[str, Any]) -> Iterator[_Fault]:
    yield from _customs(raw.get("customProperties"), ("customProperties",))
    for number, table in enumerate(_list(raw.get("schema"))):
        place: _Path = ("schema", number)
        if not isinstance(table, dict):
            continue
        yield from _rules(table.get("quality"), (*place, "quality"))
        for index, field in enumerate(_list(table.get("properties"))):
            if isinstance(field, dict):
                yield from _field(field, (*place, "properties", index))


def _field(field: dict[str, Any], path: _Path) -> Iterator[_Fault]:
    yield from _customs(field.get("customProperties"), (*path, "customProperties"))
    yield from _rules(field.get("quality"), (*path, "quality"))
    options = field.get("logicalTypeOptions")
    if not isinstance(options, dict):
        return
    at = (*path, "logicalTypeOptions")
    for name, value in options.items():
        known = _OPTIONS.get(str(name))
        if known is None:
            listed = ", ".join(_OPTIONS)
            yield (*at, str(name)), str(name), f" {listed} 之一", f"one of {listed}"
        elif not known[0](value):
            yield (*at, str(name)), str(name), known[1], known[2]
    for least, most in (("minLength", "maxLength"), ("minimum", "maximum")):
        low, high = options.get(least, 0), options.get(most, 0)
        given = least in options and most in options
        if given and _is_number(low) and _is_number(high) and low > high:
            yield (*at, least), least, f"不大于 {most} 的值", f"no greater than {most}"


def _customs(properties: Any, path: _Path) -> Iterator[_Fault]:
    for index, one in enumerate(_list(properties)):
        if not isinstance(one, dict):
            continue
        name, value = str(one.get("property")), one.get("value")
        if name in _FLAGS and not isinstance(value, bool):
            yield (*path, index), name, "不带引号的 true 或 false", "true or false, without quotes"
        if name in _TEXTS and (not isinstance(value, str) or is_blank(value)):
            yield (*path, index), name, "非空文本", "a text that is not empty"
        if name == "resourceCode" and str(value) != str(value).strip():
            yield (*path, index), name, "前后没有空白的文本", "without blanks around it"
        if name == "deleteValues" and not isinstance(value, list | str):
            yield (*path, index), name, "列表", "a list"


def _rules(rules: Any, path: _Path) -> Iterator[_Fault]:
    for index, rule in enumerate(_list(rules)):
        if not isinstance(rule, dict):
            continue
        at = (*path, index)
        arguments = rule.get("arguments")
        if isinstance(arguments, dict):
            values, pattern = arguments.get("validValues", []), arguments.get("pattern", "")
            if not isinstance(values, list):
                yield (*at, "arguments"), "validValues", "列表", "a list"
            if not isinstance(pattern, str):
                yield (*at, "arguments"), "pattern", "文本", "a text"
        odd = [name for name in rule if name in _COMPARISONS]
        if odd or rule.get("mustBe", 0) != 0:
            what = odd[0] if odd else "mustBe"
            yield (
                at,
                what,
                " mustBe: 0，因为逐条检查记录",
                "mustBe: 0, because each record is checked by itself",
            )
        if rule.get("type") == "sql":
            yield from ((at, "query", *words) for words in _query(str(rule.get("query") or "")))


def _query(query: str) -> Iterator[tuple[str, str]]:
    """What the query of a rule must be, where it is not."""
    text = query.replace("${table}", "the_table").replace("${column}", "the_column")
    try:
        tree = read_new_sql(text, "query")
    except BadInput as bad:
        yield f"可以执行的条件（{bad.text.zh}）", f"a condition that can be run ({bad.text.en})"
        return
    if not _is_plain(tree):
        said = "SELECT count(*) FROM ${table} WHERE …"
        yield f" {said}，别无其他", f"{said} and nothing else"


def _is_plain(tree: exp.Expr) -> bool:
    """Of anything else than its WHERE a query, nothing would be run, and nobody told."""
    if not isinstance(tree, exp.Select):
        return False
    said = {name for name, value in tree.args.items() if value}
    source = tree.args.get("from_") or tree.args.get("from")
    counted = [one.sql(dialect="duckdb").upper() for one in tree.expressions]
    return (
        said <= {"expressions", "from_", "from", "where", "kind"}
        and counted == ["COUNT(*)"]
        and isinstance(source, exp.From)
        and source.this.sql() == "the_table"
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_bound(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str | date) or _is_number(value)
