"""Checks that a contract must pass to be put in force, and `xihu contract lint` runs too.

Reading does not run them: a contract that an earlier version put in force stays readable.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import duckdb
import yaml

from xihu_catalog.contracts import odcs
from xihu_catalog.contracts.document import (
    line_of,
    nodes_of,
    read_document,
    repeated_keys,
    repeated_names,
)
from xihu_catalog.contracts.errors import BadContract, Finding
from xihu_catalog.contracts.kinds import wrong_kinds
from xihu_catalog.contracts.load import parse_contract
from xihu_catalog.contracts.model import WHOLE_RECORD, Contract, Rule
from xihu_catalog.contracts.rules import raw_column
from xihu_catalog.contracts.stated import stated_faults
from xihu_catalog.standards.documents import SQL_MACROS
from xihu_platform.access.treatments import MASKED
from xihu_platform.sql import identifier
from xihu_platform.visible import hidden_characters, is_blank
from xihu_platform.words import Text

_SOME = {"VARCHAR": "x", "DATE": "2000-01-01", "TIMESTAMP": "2000-01-01", "BOOLEAN": "true"}
"""A value of each type; of a number 1, or 0.1 where it has decimal places alone."""
_BELOW_ONE = re.compile(r"DECIMAL\((\d+),\1\)")


def check_publication(content: bytes, file: str) -> Contract:
    """The contract, if it may be put in force. Raises BadContract with every fault."""
    raw, node = read_document(content, file)
    odd = [Finding(file, line, text) for line, text in wrong_kinds(raw, node)]
    if odd:
        raise BadContract(odd)
    contract = parse_contract(content, file)
    faults = publication_faults(contract, raw, node, file)
    if faults:
        raise BadContract(faults)
    return contract


def publication_faults(contract: Contract, raw: Any, node: yaml.Node, file: str) -> list[Finding]:
    """What forbids to put a readable contract in force, by line."""
    found = [
        *_repeated_names(node),
        *_invisible(node),
        *_blank_names(node, contract),
        *_guesses(raw, node),
        *_masks(node, contract),
        *_stated(node, contract, raw),
        *_refused_rules(node, contract),
        *_repeated_rules(node, contract),
    ]
    return [Finding(file, line, text) for line, text in sorted(found, key=lambda f: f[0])]


def _repeated_names(node: yaml.Node) -> Iterator[tuple[int, Text]]:
    """A key or a custom property given twice."""
    yield from repeated_keys(node)
    for mapping in nodes_of(node):
        for key, value in mapping.value if isinstance(mapping, yaml.MappingNode) else ():
            if key.value == "customProperties" and isinstance(value, yaml.SequenceNode):
                items = (item for item in value.value if isinstance(item, yaml.MappingNode))
                named = [v for item in items for k, v in item.value if k.value == "property"]
                yield from repeated_names(named)


def _invisible(node: yaml.Node) -> Iterator[tuple[int, Text]]:
    """Characters that change what a reader sees, and are not seen."""
    for scalar in nodes_of(node):
        if not isinstance(scalar, yaml.ScalarNode):
            continue
        if odd := hidden_characters(str(scalar.value)):
            codes = ", ".join(f"U+{ord(c):04X}" for c in odd)
            yield (
                scalar.start_mark.line + 1,
                Text(
                    f"文字中有看不见的字符（{codes}），请删去",
                    f"the text holds invisible characters ({codes}): remove them",
                ),
            )


def _blank_names(node: yaml.Node, contract: Contract) -> Iterator[tuple[int, Text]]:
    named: list[tuple[tuple[int | str, ...], Text]] = [(("name",), contract.title)]
    named += [
        (("schema", 0, "properties", index, "businessName"), field.title)
        for index, field in enumerate(contract.fields)
    ]
    for path, title in named:
        if is_blank(title.zh):
            where = str(path[-1])
            yield (
                line_of(node, path),
                Text(f"{where} 是空的，请写出名称", f"{where} is blank: give a name"),
            )


def _guesses(raw: Any, node: yaml.Node) -> Iterator[tuple[int, Text]]:
    """What a machine drafted and no person has checked. Any: this is raw YAML."""
    drafted: list[tuple[tuple[int | str, ...], str, Any]] = [((), "", raw)]
    drafted += [
        (("schema", 0, "properties", index), f"{one.get('name')}: ", one)
        for index, one in enumerate(raw["schema"][0].get("properties") or ())
    ]
    for path, name, one in drafted:
        for place, item in enumerate(one.get("customProperties") or ()):
            if item.get("property") == "guess" and item.get("value"):
                yield (
                    line_of(node, (*path, "customProperties", place)),
                    Text(
                        f"{name}机器的猜测还没有核对（guess），核对后请连同 guessEn 一并删去",
                        f"{name}what the machine guessed is not checked: check it, and take out "
                        "guess and guessEn",
                    ),
                )


def _masks(node: yaml.Node, contract: Contract) -> Iterator[tuple[int, Text]]:
    """A mask is that of a kind of identifier: without one nothing could be loaded."""
    for index, one in enumerate(contract.fields):
        if one.protect == "mask" and one.identifier not in MASKED:
            kinds = "、".join(sorted(MASKED))
            yield (
                line_of(node, ("schema", 0, "properties", index)),
                Text(
                    f"{one.name} 要打码（protect: mask），须写明 identifier：{kinds}",
                    f"{one.name} is masked (protect: mask): its identifier must be one of "
                    f"{', '.join(sorted(MASKED))}",
                ),
            )


def _stated(node: yaml.Node, contract: Contract, raw: Any) -> Iterator[tuple[int, Text]]:
    # Any: this is raw YAML, which has been read as a contract before.
    document = odcs.Odcs.model_validate(raw)
    for path, words in stated_faults(document, contract):
        yield line_of(node, path), words


def _refused_rules(node: yaml.Node, contract: Contract) -> Iterator[tuple[int, Text]]:
    """Rules that the engine cannot run: a pattern that is not RE2, a function of another type."""
    first = identifier(contract.fields[0].name)
    with _engine(contract) as engine:
        _fill(engine, contract)
        if _problem(engine, first, contract.all_rules) is None:
            return
        for rule in contract.all_rules:
            problem = _problem(engine, first, (rule,))
            if problem is not None:
                yield (
                    _line_of_rule(node, contract, rule),
                    Text(
                        f"规则 {rule.id} 无法执行：{problem}。正则表达式须用 RE2 语法，没有前瞻、"
                        "回顾和反向引用",
                        f"rule {rule.id} cannot be run: {problem}. Patterns are RE2: no "
                        "look-ahead, look-behind or back-reference",
                    ),
                )


def problem_of(contract: Contract, sql: str) -> str | None:
    """What the engine has against a query over two records of the contract, called `records`."""
    with _engine(contract) as engine:
        _fill(engine, contract)
        try:
            engine.execute(sql).fetchall()
        except duckdb.Error as error:
            return _words(error)
    return None


def _problem(engine: duckdb.DuckDBPyConnection, first: str, rules: Sequence[Rule]) -> str | None:
    """What the engine has against rules; `first` is a column, so that none adds up rows."""
    asked = ", ".join(f"CASE WHEN {rule.condition} THEN 1 END" for rule in rules)
    try:
        engine.execute(f"SELECT {asked or 'NULL'}, {first} FROM records").fetchall()
    except duckdb.Error as error:
        return _words(error)
    return None


def _repeated_rules(node: yaml.Node, contract: Contract) -> Iterator[tuple[int, Text]]:
    """Two rules of one id would be counted as one, a rule of the platform's among them."""
    seen = set(WHOLE_RECORD) | {"key.unique"}
    for rule in contract.all_rules:
        if rule.id in seen:
            yield (
                _line_of_rule(node, contract, rule),
                Text(
                    f"规则编号 {rule.id} 重复，或为平台所用，请换一个",
                    f"rule id {rule.id} is taken, by another rule or by the platform: choose "
                    "another",
                ),
            )
        seen.add(rule.id)


def _fill(engine: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Two records, one without values and one with some: constants are cast over them, and a rule
    that fails on an odd value would fail a whole file for one record."""
    columns = [(field.name, field.type) for field in contract.fields]
    names = [(identifier(name), kind) for name, kind in columns]
    names += [(raw_column(name), "VARCHAR") for name, _ in columns]
    engine.execute(f"CREATE TEMP TABLE records ({', '.join(f'{n} {kind}' for n, kind in names)})")
    values = ", ".join(f"CAST('{_some(kind)}' AS {kind})" for _, kind in names)
    engine.execute(f"INSERT INTO records VALUES ({', '.join(['NULL'] * len(names))}), ({values})")


def _some(kind: str) -> str:
    return _SOME.get(kind, "0.1" if _BELOW_ONE.fullmatch(kind) else "1")


@contextmanager
def _engine(contract: Contract) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own, with tables that end with it, to an engine that reaches no file."""
    with _root().cursor() as engine:
        for name in sorted({f.code_list for f in contract.fields if f.code_list}):
            engine.execute(f"CREATE TEMP TABLE {identifier(f'codes_{name}')} (code VARCHAR)")
        yield engine


@cache
def _root() -> duckdb.DuckDBPyConnection:
    """Knows what rules may call."""
    root = duckdb.connect(":memory:", config={"threads": 1})
    root.execute("SET enable_external_access = false")
    for macro in SQL_MACROS:
        root.execute(macro)
    return root


def _words(error: duckdb.Error) -> str:
    """The engine's first line; what follows repeats our SQL."""
    first = str(error).partition("\n")[0]
    return first.partition("Error: ")[2][:160] or type(error).__name__


def _line_of_rule(node: yaml.Node, contract: Contract, rule: Rule) -> int:
    """Where the rule is written: its id, else its field."""
    ids = (
        scalar
        for scalar in nodes_of(node)
        if isinstance(scalar, yaml.ScalarNode) and scalar.value == rule.id
    )
    found = next(ids, None)
    if found is not None:
        return int(found.start_mark.line) + 1
    names = [field.name for field in contract.fields]
    place = names.index(rule.field) if rule.field in names else 0
    return line_of(node, ("schema", 0, "properties", place))


def id_in_use(contract: Contract, content: bytes, file: str) -> Finding:
    """A dataset that is not published is its department's: nobody else takes its name over."""
    return Finding(
        file,
        line_of(read_document(content, file)[1], ("id",)),
        Text(
            f"标识 {contract.dataset} 已被占用，请另取一个",
            f"the id {contract.dataset} is in use: choose another one",
        ),
    )


def code_in_use(contract: Contract, content: bytes, file: str, other: str) -> Finding:
    """A resource code is one dataset's."""
    code = contract.resource_code
    properties = read_document(content, file)[0].get("customProperties", [])
    at = next(i for i, p in enumerate(properties) if p.get("property") == "resourceCode")
    line = line_of(read_document(content, file)[1], ("customProperties", at))
    return Finding(
        file,
        line,
        Text(
            f"数据资源代码 {code} 已属于数据集 {other}，请另编一个",
            f"resource code {code} belongs to dataset {other} already: give another one",
        ),
    )
