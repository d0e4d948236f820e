"""A contract's quality rules as datacontract-cli runs them, over the file as it was handed in.

Read from the contract's own file, never from the SQL that our ingestion compiles of it: otherwise
the second opinion would be the first one again.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.registry import REGISTRY

# Any: a contract, and what is made of it, is YAML.
Part = dict[str, Any]

MISSHAPEN = "misshapen"
"""View of a CSV's records that end before their last column: they break that one rule alone."""
_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CITIZEN = (
    "substr('10X98765432', 1 + CAST(list_sum([TRY_CAST({v}[i] AS INTEGER) * "
    "[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2][i] FOR i IN range(1, 18)]) % 11 "
    "AS INTEGER), 1) = upper({v}[18])"
)
"""GB 11643, annex: the sum of digits times weights, modulo 11, names the last character."""
_FIRM = (
    f"substr('{_LETTERS}', 1 + CAST(31 - list_sum([(instr('{_LETTERS}', {{v}}[i]) - 1) * "
    "(pow(3, i - 1)::BIGINT % 31) FOR i IN range(1, 18)]) % 31 AS INTEGER) % 31, 1) = {v}[18] AND "
    "substr('0X987654321', 1 + CAST(list_sum([(instr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', "
    "{v}[8 + i]) - 1) * [3, 7, 9, 10, 5, 8, 4, 2][i] FOR i IN range(1, 9)]) % 11 AS INTEGER), 1)"
    " = {v}[17]"
)
"""GB 32100 (weights 3^i modulo 31) and, within it, GB 11714 (modulo 11)."""
_LOST = r"\d{15}000|\d(\.\d+)?[eE]\+\d{1,3}"
"""A number that a spreadsheet has rounded to 15 digits."""
_HOLDS = {
    # A card may be written with a small x.
    "citizen_id": f"regexp_full_match(upper({{v}}), '[0-9]{{{{17}}}}[0-9X]') AND {_CITIZEN}",
    "uscc": f"regexp_full_match({{v}}, '[{_LETTERS}]{{{{18}}}}') AND {_FIRM}",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One of our rules: what a wrong record meets, and its ODCS rule where the library has one."""

    rule: str
    wrong: str
    column: str | None = None
    library: Part | None = None


def read(path: Path) -> Part:
    contract: Part = yaml.safe_load(path.read_text(encoding="utf-8"))
    return contract


def converted(contract: Part, database: Path) -> Part:
    """The contract for datacontract-cli; each rule's id is ours."""
    schema = contract["schema"][0]
    checks = list(_checks(schema))
    on_columns: dict[str, list[Part]] = {}
    for check in checks:
        if check.library is not None and check.column is not None:
            on_columns.setdefault(check.column, []).append(_numbered(check.rule, check.library))
    over_rows = [_sql(c.rule, _count(schema, c.wrong)) for c in checks if c.library is None]
    over_rows += _uniqueness(schema, checks)
    if contract["servers"][0]["format"] == "csv":
        over_rows.append(_sql("row.shape", f"SELECT count(*) FROM {MISSHAPEN}"))
    columns = [_source(field) for field in schema["properties"]]
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": contract["id"],
        "version": contract["version"],
        "status": "active",
        "servers": [{"server": "raw", "type": "duckdb", "database": str(database)}],
        "schema": [
            {
                "name": schema["name"],
                "properties": [
                    {"name": c, "logicalType": "string", "quality": on_columns.get(c, [])}
                    for c in columns
                ],
                "quality": over_rows,
            }
        ],
    }


def views(contract: Part, file: Path) -> str:
    """SQL of views over the raw file: every value as the text that stands there."""
    schema, server = contract["schema"][0], contract["servers"][0]
    columns = [_source(field) for field in schema["properties"]]
    readers = {"csv": _csv, "jsonl": _lines, "parquet": _parquet}
    return readers[server["format"]](_name(schema["name"]), columns, _text(str(file)))


def _csv(name: str, columns: list[str], file: str) -> str:
    # Padding leaves NULL where a record ends early; an empty value is '' until the nullif.
    texts = ", ".join(f"nullif({_name(c)}, '') AS {_name(c)}" for c in columns)
    rows = (
        f"read_csv({file}, header = true, delim = ',', quote = '\"', all_varchar = true, "
        "null_padding = true, nullstr = '\x01')"
    )
    last = _name(columns[-1])
    return (
        f"CREATE VIEW {name} AS SELECT {texts} FROM {rows} AS t WHERE t.{last} IS NOT NULL; "
        f"CREATE VIEW {MISSHAPEN} AS SELECT * FROM {rows} AS t WHERE t.{last} IS NULL"
    )


def _lines(name: str, columns: list[str], file: str) -> str:
    kinds = ", ".join(f"{_text(c)}: 'VARCHAR'" for c in columns)
    rows = f"read_json({file}, format = 'newline_delimited', columns = {{{kinds}}})"
    return f"CREATE VIEW {name} AS SELECT * FROM {rows}"


def _parquet(name: str, columns: list[str], file: str) -> str:
    texts = ", ".join(f"CAST({_name(c)} AS VARCHAR) AS {_name(c)}" for c in columns)
    return f"CREATE VIEW {name} AS SELECT {texts} FROM read_parquet({file})"


def _checks(schema: Part) -> Iterator[Check]:
    for field in schema["properties"]:
        yield from _of_field(field)
    for rule in schema.get("quality", ()):
        yield Check(rule["id"], rule["query"].partition(" WHERE ")[2])


def _of_field(field: Part) -> Iterator[Check]:
    name, column, custom = field["name"], _source(field), _custom(field)
    value, text = _name(name), _name(f"text {name}")
    options = field.get("logicalTypeOptions", {})
    if field["physicalType"] != "VARCHAR":
        yield Check(f"{name}.type", f"{text} IS NOT NULL AND {value} IS NULL")
    if field.get("required"):
        blank = {"metric": "missingValues", "arguments": {"missingValues": [None, ""]}}
        yield Check(f"{name}.required", f"{text} IS NULL", column, blank)
    if pattern := options.get("pattern"):
        unlike = {"metric": "invalidValues", "arguments": {"pattern": pattern}}
        wrong = f"NOT regexp_matches({text}, {_text(pattern)})"
        yield Check(f"{name}.pattern", wrong, column, unlike)
    if "maxLength" in options or "minLength" in options:
        least, most = options.get("minLength", 0), options.get("maxLength", 1 << 30)
        yield Check(f"{name}.length", f"length({text}) NOT BETWEEN {least} AND {most}")
    if bounds := [
        f"{value} {sign} {options[key]}"
        for key, sign in (("minimum", "<"), ("maximum", ">"))
        if key in options
    ]:
        yield Check(f"{name}.range", " OR ".join(bounds))
    if listed := custom.get("codeList"):
        codes = _codes(listed)
        unlisted = {"metric": "invalidValues", "arguments": {"validValues": codes}}
        wrong = f"{text} NOT IN ({', '.join(map(_text, codes))})"
        yield Check(f"{name}.code", wrong, column, unlisted)
    if (kind := custom.get("identifier")) in _HOLDS:
        holds = _HOLDS[kind].format(v=text)
        fails = f"{text} IS NOT NULL AND NOT coalesce({holds}, false)"
        lost = f"regexp_full_match({text}, '{_LOST}')"
        yield Check(f"{name}.check_digit", f"{fails} AND NOT {lost}")
        yield Check(f"{name}.digits_lost", f"{fails} AND {lost}")


def _uniqueness(schema: Part, checks: list[Check]) -> Iterator[Part]:
    """A key may stand once among the records that are right otherwise: the later ones are wrong."""
    fields = schema["properties"]
    keyed = sorted(
        (f for f in fields if f.get("primaryKey")), key=lambda f: f["primaryKeyPosition"]
    )
    keys = [f["name"] for f in keyed]
    rules = {f"{f['name']}.unique": [f["name"]] for f in fields if f.get("unique")}
    if keys and not (len(keys) == 1 and f"{keys[0]}.unique" in rules):
        rules["key.unique"] = keys
    wrong = " OR ".join(f"coalesce({c.wrong}, false)" for c in checks)
    for rule, names in rules.items():
        chosen = ", ".join(map(_name, names))
        given = " AND ".join(f"{_name(n)} IS NOT NULL" for n in names)
        counted = f"SELECT {chosen}, count(*) - 1 AS later FROM {_typed(schema)} AS handed_in"
        yield _sql(
            rule,
            f"SELECT coalesce(sum(later), 0) FROM ({counted} WHERE {given} AND NOT ({wrong}) "
            f"GROUP BY {chosen}) AS keys",
        )


def _count(schema: Part, wrong: str) -> str:
    return f"SELECT count(*) FROM {_typed(schema)} AS handed_in WHERE {wrong}"


def _typed(schema: Part) -> str:
    """The raw columns as the contract's fields: text trimmed, and cast to its type."""
    columns = []
    for field in schema["properties"]:
        text = f"nullif(trim({_name(_source(field))}), '')"
        columns.append(f"{text} AS {_name('text ' + field['name'])}")
        columns.append(f"{_cast(field, text)} AS {_name(field['name'])}")
    return f"(SELECT {', '.join(columns)} FROM {_name(schema['name'])})"


def _cast(field: Part, text: str) -> str:
    kind = field["physicalType"]
    if kind == "VARCHAR":
        return text
    if written := _custom(field).get("sourceFormat"):
        return f"CAST(try_strptime({text}, {_text(written)}) AS {kind})"
    return f"TRY_CAST({text} AS {kind})"


def _codes(listed: str) -> list[str]:
    with (REGISTRY / "codes" / f"{listed}.csv").open(encoding="utf-8-sig", newline="") as file:
        return [row["code"] for row in csv.DictReader(file)]


def id_of(rule: str) -> str:
    """ODCS lets no dot stand in a rule's id."""
    return rule.replace(".", ":")


def rule_of(quality_id: str) -> str:
    return quality_id.replace(":", ".")


def _sql(rule: str, query: str) -> Part:
    return {"id": id_of(rule), "name": rule, "type": "sql", "query": query, "mustBe": 0}


def _numbered(rule: str, library: Part) -> Part:
    return {"id": id_of(rule), "name": rule, "type": "library", "mustBe": 0, **library}


def _source(field: Part) -> str:
    return str(_custom(field).get("sourceColumn", field["name"]))


def _custom(node: Part) -> Part:
    return {item["property"]: item["value"] for item in node.get("customProperties", ())}


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + str(value).replace("'", "''") + "'"
