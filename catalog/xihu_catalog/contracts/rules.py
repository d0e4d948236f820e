"""Rules of a contract as conditions a wrong row meets: those declared, and those that follow.

A declared SQL rule is parsed, checked against the allow-list of the access gateway, and only the
text generated from its tree is ever run.
"""

from collections.abc import Iterator
from typing import get_args

import sqlglot
from sqlglot import exp

from xihu_catalog.contracts import odcs
from xihu_catalog.contracts.model import WHOLE_RECORD, Field, Rule, Severity, find_severity
from xihu_platform.access.allowlist import check_expression
from xihu_platform.access.written import read_sql
from xihu_platform.errors import BadInput
from xihu_platform.sql import identifier, text_literal
from xihu_platform.words import Text

_TITLES: dict[str, Text] = {
    "required": Text("没有填", "is not given"),
    "pattern": Text("格式不符", "does not match its pattern"),
    "range": Text("超出取值范围", "is out of range"),
    "length": Text("长度不符", "has the wrong length"),
    "type": Text("不是文本", "is no text"),
    "code": Text("不在代码表中", "is not in its code list"),
    "check_digit": Text("校验位不符", "has a wrong check digit"),
    "digits_lost": Text(
        "：电子表格把号码改成了数字，末几位已丢失，请按原件以文本格式重填",
        ": a spreadsheet turned the number into a figure and lost its last digits, so enter it "
        "again as text",
    ),
    "unique": Text("重复", "is there twice"),
}
_HOLDS = {
    "citizen_id": "citizen_id_holds",
    "document_number": "citizen_id_holds",
    "uscc": "uscc_holds",
}
PSEUDONYM = "[sm][0-9]+_[0-9a-f]{32}"
"""What a keyed pseudonym of the lake looks like."""
MARKED = tuple(
    Rule(name, None, WHOLE_RECORD[name], "quarantine", "FALSE")
    for name in ("row.shape", "row.object", "row.digits")
)
"""What only the decoder can find: a record that is not of the header's columns, no JSON object, or
holds a number whose digits the file does not have."""
ERROR_VALUES = (
    *("#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"),
    *("#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!", "#BUSY!", "#GETTING_DATA"),
)
"""What a spreadsheet shows where a formula failed."""


def error_rule(fields: tuple[Field, ...]) -> Rule:
    """A text that is an error value: it would be stored as if somebody had written it."""
    texts = [raw_column(f.name) for f in fields if f.type == "VARCHAR" and not f.protected]
    listed = ", ".join(map(text_literal, ERROR_VALUES))
    condition = " OR ".join(
        f"CASE WHEN prefix({raw}, '#') THEN {raw} IN ({listed}) ELSE false END" for raw in texts
    )
    title = WHOLE_RECORD["row.error"]
    return Rule("row.error", None, title, "quarantine", condition or "FALSE")


def raw_column(field: str) -> str:
    """The column of the checking step that holds a field's text as it was handed in."""
    return identifier(f"raw {field}")


_NOT_OF_TYPE = {
    "integer": Text("不是整数", "is not a whole number"),
    "number": Text("不是数字", "is not a number"),
    "boolean": Text("不是“是”或“否”", "is neither yes nor no"),
    "date": Text("不是日期", "is not a date"),
    "timestamp": Text("不是日期和时间", "is not a date with a time"),
}


def _rule(field: Field, kind: str, condition: str) -> Rule:
    words = _TITLES[kind]
    if kind == "type":
        words = _NOT_OF_TYPE.get(field.logical_type, words)
    title = Text(f"{field.title.zh}{words.zh}", f"{field.title.en} {words.en}")
    return Rule(f"{field.name}.{kind}", field.name, title, "quarantine", condition)


def implied_rules(field: Field) -> tuple[Rule, ...]:
    """The rules that follow from a field's declaration.

    Conditions name columns of the checking step: `<field>` is the cast value,
    `raw <field>` the text as it was handed in; functions come from standards.documents.
    """
    column, raw = identifier(field.name), raw_column(field.name)
    made = []
    if field.type != "VARCHAR":
        made.append(_rule(field, "type", f"{column} IS NULL AND {raw} IS NOT NULL"))
    if field.required:
        # Of a number, what is left without guards counts: ="" is nobody's.
        number = field.identifier in {"citizen_id", "document_number"}
        made.append(_rule(field, "required", f"{column if number else raw} IS NULL"))
    options = field.options
    if options.pattern is not None:
        made.append(_rule(field, "pattern", _mismatch(field, options.pattern)))
    lengths = [
        f"length({column}) {sign} {int(limit)}"
        for sign, limit in (("<", options.min_length), (">", options.max_length))
        if limit is not None
    ]
    if lengths:
        made.append(_rule(field, "length", " OR ".join(lengths)))
    bounds = [
        f"{column} {sign} CAST({text_literal(limit)} AS {field.type})"
        for sign, limit in (("<", options.minimum), (">", options.maximum))
        if limit is not None
    ]
    if bounds:
        made.append(_rule(field, "range", " OR ".join(bounds)))
    if field.code_list:
        made.extend(_not_listed(field))
    made.extend(_check_digits(field, column))
    if field.unique:
        made.append(_rule(field, "unique", "FALSE"))  # found over the whole file, not by row
    return tuple(made)


def _mismatch(field: Field, pattern: str) -> str:
    column = identifier(field.name)
    if field.step("split") is None:
        return f"NOT regexp_matches({column}, {text_literal(pattern)})"
    wrong = f"lambda x: NOT regexp_matches(x, {text_literal(pattern)})"
    return f"len(list_filter(string_split({column}, ';'), {wrong})) > 0"


def _not_listed(field: Field) -> Iterator[Rule]:
    """Each of several values in one cell is checked; a place resolved by its date is checked by
    the step itself, for its code may be one of the past."""
    column, codes = identifier(field.name), identifier(f"codes_{field.code_list}")
    if field.step("region"):
        return
    wrong = f"{column} NOT IN (SELECT code FROM {codes})"
    if field.step("split"):
        wrong = f"NOT list_has_all((SELECT list(code) FROM {codes}), string_split({column}, ';'))"
    yield _rule(field, "code", f"{column} IS NOT NULL AND {wrong}")


def _check_digits(field: Field, column: str) -> Iterator[Rule]:
    """GB 11643 and GB 32100. Passports and permits have no check digit; a document number that
    looks like an identity card must hold as one.
    """
    if field.protected and field.protect == "pseudonym":
        yield _rule(field, "pattern", f"NOT regexp_full_match({column}, '{PSEUDONYM}')")
        return
    if field.identifier not in _HOLDS:
        return
    fails, lost = f"NOT {_HOLDS[field.identifier]}({column})", f"digits_lost({column})"
    if field.identifier == "document_number":
        looks = f"regexp_full_match({column}, '[0-9]{{17}}[0-9X]')"
        yield _rule(field, "check_digit", f"{looks} AND {fails} AND NOT {lost}")
    else:
        yield _rule(field, "check_digit", f"{fails} AND NOT {lost}")
    yield _rule(field, "digits_lost", f"{lost} AND {fails}")


def declared_rule(
    quality: odcs.OdcsQuality, field: str | None, names: list[str], index: int
) -> Rule:
    """One ODCS rule. Raises BadInput when it cannot be evaluated row by row."""
    rule_id = quality.id or f"{field or 'row'}.rule_{index + 1}"
    custom = {p.property: p.value for p in quality.customProperties}
    zh = quality.name or rule_id
    title = Text(zh, str(custom.get("nameEn", zh)))
    severity = find_severity(quality.severity)
    if severity is None:
        raise BadInput(
            f"规则 {rule_id} 的 severity 须为 {'、'.join(get_args(Severity))} 之一",
            f"severity of rule {rule_id} must be one of {', '.join(get_args(Severity))}",
        )
    condition = _sql(quality, rule_id) if quality.type == "sql" else _library(quality, field)
    known = frozenset(names)
    tree = check_expression(condition, known, where=f"rule {rule_id}")
    generated = tree.sql(dialect="duckdb")
    return Rule(rule_id, field, title, severity, generated)


def fields_read(rule: Rule, fields: tuple[Field, ...]) -> tuple[str, ...]:
    """The names of the fields that a rule looks at, in the order of the contract."""
    field = next((f for f in fields if f.name == rule.field), None)
    if field is not None and rule.id in {f"{field.name}.{kind}" for kind in _TITLES}:
        return (field.name,)
    read = {column.name for column in sqlglot.parse_one(rule.condition).find_all(exp.Column)}
    return tuple(f.name for f in fields if f.name in read or f.name == rule.field)


def _sql(quality: odcs.OdcsQuality, rule_id: str) -> str:
    text = (quality.query or "").replace("${table}", "the_table").replace("${column}", "the_column")
    tree = read_sql(text, f"rule {rule_id}")
    where = tree.args.get("where") if isinstance(tree, exp.Select) else None
    if where is None:
        raise BadInput(
            f"规则 {rule_id} 应写作 SELECT count(*) FROM ${{table}} WHERE 错误行的条件",
            f"rule {rule_id} must read SELECT count(*) FROM ${{table}} WHERE "
            "<the condition of a wrong row>",
        )
    return str(where.this.sql(dialect="duckdb"))


def _library(quality: odcs.OdcsQuality, field: str | None) -> str:
    arguments = quality.arguments
    column = identifier(field or "")
    if quality.metric == "nullValues" and field:
        return f"{column} IS NULL"
    if quality.metric == "invalidValues" and field and "validValues" in arguments:
        values = ", ".join(text_literal(str(v)) for v in arguments["validValues"])
        return f"{column} IS NOT NULL AND CAST({column} AS VARCHAR) NOT IN ({values})"
    if quality.metric == "invalidValues" and field and "pattern" in arguments:
        return f"NOT regexp_matches({column}, {text_literal(str(arguments['pattern']))})"
    raise BadInput(
        f"规则 {quality.id or quality.metric} 无法逐行检查，请改写为 SQL 规则",
        f"rule {quality.id or quality.metric} cannot be checked row by row: write it as SQL",
    )
