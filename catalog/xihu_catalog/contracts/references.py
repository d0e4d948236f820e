"""References of a contract (ODCS relationships): read, and held against the contracts referred to.

Values are compared as they lie in the lake: a pseudonym with a pseudonym, anything else as it is.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import get_args

from xihu_catalog.contracts import odcs
from xihu_catalog.contracts.errors import Finding
from xihu_catalog.contracts.model import Contract, Field, Reference, Rule, Severity, find_severity
from xihu_catalog.lineage.columns import tables_of
from xihu_platform.errors import BadInput
from xihu_platform.words import Text

_Path = tuple[int | str, ...]
_Fault = Callable[[_Path, str, str], None]
_NAME = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\.([A-Za-z_][A-Za-z0-9_]*)")
Find = Callable[[str], Contract | None]
"""The contract of a dataset, where there is one."""


def read_references(
    document: odcs.Odcs, fields: tuple[Field, ...], line: Callable[[_Path], int], fault: _Fault
) -> tuple[Reference, ...]:
    """All references of a file; what is wrong with one is told to `fault`, with its place."""
    reader = _Reader(document.id, {f.name: f for f in fields}, line, fault)
    table = document.schema_[0]
    for at, prop in enumerate(table.properties):
        for number, one in enumerate(prop.relationships):
            path: _Path = ("schema", 0, "properties", at, "relationships", number)
            reader.of_field(prop.name, one, number, path)
    for number, one in enumerate(table.relationships):
        reader.of_row(one, number, ("schema", 0, "relationships", number))
    return tuple(reader.found)


def with_reference_rules(
    fields: tuple[Field, ...], references: tuple[Reference, ...]
) -> tuple[Field, ...]:
    """The fields, each with the rules of its references behind its own."""
    made: dict[str | None, list[Rule]] = {}
    for reference in references:
        made.setdefault(reference.rule.field, []).append(reference.rule)
    return tuple(replace(f, rules=(*f.rules, *made.get(f.name, ()))) for f in fields)


class _Reader:
    """Collects the references of one file."""

    def __init__(
        self,
        dataset: str,
        fields: dict[str, Field],
        line: Callable[[_Path], int],
        fault: _Fault,
    ) -> None:
        self.dataset = dataset
        self.fields = fields
        self.line = line
        self.fault = fault
        self.found: list[Reference] = []

    def of_field(self, name: str, one: odcs.Relationship, number: int, path: _Path) -> None:
        """`<field>.reference`; a second one of the same field is `<field>.reference_2`."""
        if one.from_ is not None:
            self.fault(
                (*path, "from"),
                f"{name} 的 relationships 不写 from：它就是这个字段",
                f"a relationship of {name} has no `from`: it is this field",
            )
        if not isinstance(one.to, str):
            self.fault(
                (*path, "to"),
                f"{name} 的 to 只能是一个字段；多个字段的组合写在 schema 的 relationships 中",
                f"`to` of {name} is one field; a key of several fields stands in the schema's own "
                "relationships",
            )
            return
        suffix = f"_{number + 1}" if number else ""
        self._add(one, f"{name}.reference{suffix}", (name,), [one.to], path, field=name)

    def of_row(self, one: odcs.Relationship, number: int, path: _Path) -> None:
        """`row.reference_<n>`: the fields of `from` together."""
        given, to = _listed(one.from_), _listed(one.to)
        if not given or isinstance(one.from_, str) != isinstance(one.to, str):
            self.fault(
                path,
                "schema 的 relationships 须写 from 与 to，两者同为一个字段或同为列表",
                "a relationship of the schema has `from` and `to`, both a field or both a list",
            )
            return
        split = [_NAME.fullmatch(name) for name in given]
        own = tuple(m[2] for m in split if m and m[1] == self.dataset and m[2] in self.fields)
        if len(own) != len(given) or len(set(own)) != len(own):
            self.fault(
                (*path, "from"),
                f"from 须是 {self.dataset}.<字段>，各不相同",
                f"`from` names fields of this contract as {self.dataset}.<field>, each once",
            )
            return
        self._add(one, f"row.reference_{number + 1}", own, to, path, field=None)

    def _add(
        self,
        one: odcs.Relationship,
        rule_id: str,
        fields: tuple[str, ...],
        to: list[str],
        path: _Path,
        *,
        field: str | None,
    ) -> None:
        severity = self._severity(one, path)
        target = self._target(fields, to, path)
        if target is None or not self._fit(fields, path):
            return
        dataset, names = target
        rule = Rule(rule_id, field, self._title(fields, dataset, names), severity, "FALSE")
        reference = Reference(rule, fields, dataset, names, self.line(path))
        self.found.append(reference)
        if dataset == self.dataset:
            for words in _misfits(reference, self.fields, self.fields):
                self.fault((*path, "to"), words.zh, words.en)

    def _severity(self, one: odcs.Relationship, path: _Path) -> Severity:
        custom = {p.property: p.value for p in one.customProperties}
        found = find_severity(custom.get("severity"))
        if found is None:
            names = get_args(Severity)
            self.fault(
                path,
                f"severity 须为 {'、'.join(names)} 之一",
                f"severity must be one of {', '.join(names)}",
            )
        return found or "quarantine"

    def _target(
        self, fields: tuple[str, ...], to: list[str], path: _Path
    ) -> tuple[str, tuple[str, ...]] | None:
        split = [match for name in to if (match := _NAME.fullmatch(name))]
        datasets = {match[1] for match in split}
        if len(split) != len(to) or len(datasets) != 1:
            self.fault(
                (*path, "to"),
                "to 须写作 <数据集>.<字段>，几个字段须属同一个数据集",
                "`to` reads <dataset>.<field>; several fields are of one dataset",
            )
            return None
        if len(to) != len(fields):
            self.fault(
                (*path, "to"),
                f"from 有 {len(fields)} 个字段，to 有 {len(to)} 个，须一一对应",
                f"`from` has {len(fields)} fields and `to` {len(to)}: they must pair up",
            )
            return None
        return datasets.pop(), tuple(match[2] for match in split)

    def _fit(self, fields: tuple[str, ...], path: _Path) -> bool:
        unfit = [words for name in fields if (words := _unfit(self.fields[name]))]
        for words in unfit:
            self.fault(path, words.zh, words.en)
        return not unfit

    def _title(self, fields: tuple[str, ...], dataset: str, names: tuple[str, ...]) -> Text:
        zh = "、".join(self.fields[name].title.zh for name in fields)
        en = ", ".join(self.fields[name].title.en for name in fields)
        to = ", ".join(names)
        if len(fields) > 1:
            zh, en = f"{zh}的组合", f"{en} together"
        return Text(f"{zh}不在数据集 {dataset}（{to}）中", f"{en} not in dataset {dataset} ({to})")


def without_names(contract: Contract, hidden: Collection[str]) -> Contract:
    """For a reader who does not know of some datasets: the rules that compare with one of them say
    so without its name."""
    named = [one for one in contract.references if one.dataset in hidden]
    if not named:
        return contract
    rules = {one.rule.id: replace(one.rule, title=_neutral(contract, one)) for one in named}

    def said(rule: Rule) -> Rule:
        return rules.get(rule.id, rule)

    return replace(
        contract,
        fields=tuple(
            replace(f, rules=tuple(said(rule) for rule in f.rules)) for f in contract.fields
        ),
        rules=tuple(said(rule) for rule in contract.rules),
        references=tuple(replace(one, rule=said(one.rule)) for one in contract.references),
    )


def _neutral(contract: Contract, reference: Reference) -> Text:
    fields = [one.title for name in reference.fields if (one := contract.field(name)) is not None]
    zh, en = "、".join(one.zh for one in fields), ", ".join(one.en for one in fields)
    if len(fields) > 1:
        zh, en = f"{zh}的组合", f"{en} together"
    return Text(f"{zh}不在所引用的数据中", f"{en} not in the data referred to")


def _listed(names: str | list[str] | None) -> list[str]:
    return [names] if isinstance(names, str) else names or []


def _unfit(field: Field) -> Text | None:
    """Why a field's values cannot be compared as the lake has them."""
    name = field.name
    if field.protect == "mask":
        return Text(
            f"{name} 只存脱敏形式，不能引用或被引用",
            f"{name} is stored masked: it cannot refer or be referred to",
        )
    if field.vault and field.protect is None:
        return Text(
            f"{name} 的原值存于保管库，须先转为脱敏编号（protect: pseudonym）才能引用或被引用",
            f"{name} is kept in the vault: make it a pseudonym (protect: pseudonym) before it "
            "refers or is referred to",
        )
    if field.step("split"):
        return Text(
            f"{name} 一格含多个值，不能引用或被引用",
            f"{name} holds several values in one cell: it cannot refer or be referred to",
        )
    return None


def _misfits(
    reference: Reference, own: Mapping[str, Field], target: Mapping[str, Field]
) -> Iterator[Text]:
    """What keeps the values of both sides from being compared."""
    for name, to in zip(reference.fields, reference.to, strict=True):
        here, there = own[name], target.get(to)
        where = f"{reference.dataset}.{to}"
        if there is None:
            yield Text(
                f"{name} 引用的字段 {where} 不存在", f"there is no {where}, which {name} refers to"
            )
        elif here is there:
            yield Text(f"{name} 引用了它自己", f"{name} refers to itself")
        elif (words := _unfit(there)) is not None:
            yield Text(f"{name} 引用 {where}：{words.zh}", f"{name} refers to {where}: {words.en}")
        elif (here.protect == "pseudonym") != (there.protect == "pseudonym"):
            yield Text(
                f"{name} 与 {where} 须同为脱敏编号，或都不是",
                f"{name} and {where} must both be pseudonyms, or neither",
            )
        elif here.type != there.type:
            yield Text(
                f"{name} 是 {here.type}，{where} 是 {there.type}，须为同一类型",
                f"{name} is {here.type} and {where} is {there.type}: the type must be the same",
            )


def check_targets(contract: Contract, find: Find, file: str) -> list[Finding]:
    """What is wrong with a contract's references, seen with the contracts referred to."""
    own = {f.name: f for f in contract.fields}
    found = []
    for reference in contract.references:
        if reference.dataset == contract.dataset:
            continue
        words = _wrong_target(contract, reference, own, find)
        found += [Finding(file, reference.line, each) for each in words]
    return found


def _wrong_target(
    contract: Contract, reference: Reference, own: Mapping[str, Field], find: Find
) -> Iterator[Text]:
    target = find(reference.dataset)
    if target is None:
        yield Text(
            f"没有契约声明数据集 {reference.dataset}，请先发布它或改正 to",
            f"no contract declares dataset {reference.dataset}: publish it first, or mend `to`",
        )
        return
    yield from _misfits(reference, own, {f.name: f for f in target.fields})
    if circle := _circle(contract, target, find):
        names = " → ".join(circle)
        yield Text(
            f"引用成了一个圈，谁都无法先装载：{names}",
            f"the references go round in a circle, and none could be loaded first: {names}",
        )


def needs(contract: Contract) -> tuple[str, ...]:
    """The datasets that must hold data before this one is loaded: referred to, or derived from."""
    names = {reference.dataset for reference in contract.references}
    if contract.source.query is not None:
        with suppress(BadInput):  # a query that cannot be read is told by its own load
            names |= set(tables_of(contract.source.query))
    return tuple(sorted(names - {contract.dataset}))


def _circle(contract: Contract, target: Contract, find: Find) -> list[str]:
    """The way from a dataset referred to back to the one that refers; empty if there is none."""
    came: dict[str, str] = {target.dataset: contract.dataset}
    waiting = [target]
    while waiting:
        one = waiting.pop()
        for name in needs(one):
            if name == contract.dataset:
                way = [name, one.dataset]
                while way[-1] != contract.dataset:
                    way.append(came[way[-1]])
                return way[::-1]
            further = find(name)
            if name not in came and further is not None:
                came[name] = one.dataset
                waiting.append(further)
    return []


def in_order(needed: Mapping[str, Iterable[str]]) -> list[str]:
    """Datasets, each after those it needs; what is needed but not among them is left out.

    Raises BadInput where they form a circle.

    >>> in_order({"pupils": ["schools"], "schools": ["divisions"]})
    ['schools', 'pupils']
    """
    after = {name: [n for n in needed[name] if n in needed] for name in sorted(needed)}
    try:
        return list(TopologicalSorter(after).static_order())
    except CycleError as circle:
        names = " → ".join(circle.args[1])
        raise BadInput(
            f"数据集互相派生或引用，成了一个圈：{names}。请改正其中一个的查询或引用。",
            f"datasets are derived from or refer to each other in a circle: {names}. Change one's "
            "query or reference.",
        ) from None
