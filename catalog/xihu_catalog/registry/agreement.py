"""What one file of the registry says of another: whatever is named is there, and periods begin
before they end."""

import re
from collections.abc import Iterator, Mapping, Set
from datetime import date
from pathlib import Path

from xihu_catalog.contracts.errors import Finding
from xihu_catalog.contracts.folders import CONTRACTS
from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.publication import problem_of
from xihu_catalog.contracts.store import PATTERN
from xihu_catalog.registry import codes, people
from xihu_catalog.registry.assessments import ASSESSMENTS, assessments
from xihu_catalog.registry.attestations import ATTESTATIONS, attestation_faults
from xihu_catalog.registry.backflow import BACKFLOW, flow_faults
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.grounds import GROUNDS, load_grounds
from xihu_catalog.registry.pages import PAGES, page_choices
from xihu_catalog.registry.systems import SYSTEMS, system_faults
from xihu_platform.access.allowlist import check_expression
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.errors import BadInput
from xihu_platform.sql import WRITTEN_IN
from xihu_platform.words import Text

LEVELS = range(1, 4)
"""How well an identity is proven."""


def disagreements(
    metrics: Mapping[str, MetricSpec],
    own: Mapping[str, Contract],
    contracts: Mapping[str, Contract],
) -> Iterator[Finding]:
    """Each with file and line. `metrics` by their files; `own`: the registry's contracts, which are
    among `contracts`."""
    yield from _metric_faults(metrics, contracts)
    yield from _reference_faults(own, contracts.keys())
    yield from _field_faults(contracts)
    yield from _claim_faults(contracts)
    for flow, words in flow_faults(contracts):
        yield _named(BACKFLOW, flow, words)
    for one in assessments():
        if one.organisation not in people.organisations():
            words = Text(
                f"机构 {one.organisation} 不在 {people.ORGANISATIONS} 中",
                f"the organisation {one.organisation} is not in {people.ORGANISATIONS}",
            )
            yield _named(ASSESSMENTS, one.id, words)
    for line, words in attestation_faults():
        yield Finding(ATTESTATIONS, _line_within(ATTESTATIONS, line, line), _of(line, words))
    for fault in system_faults(contracts.keys()):
        at = _line_within(SYSTEMS, fault.system, fault.named)
        yield Finding(SYSTEMS, at, _of(fault.system, fault.words))
    yield from _period_faults()
    yield from _level_faults()
    yield from _page_faults({one.id: one for one in metrics.values()}, contracts.keys())


def _field_faults(contracts: Mapping[str, Contract]) -> Iterator[Finding]:
    """Fields that grants and items open, which no contract has: they would open nothing."""
    opened = [(people.GRANTS, g["id"], g["dataset"], g["fields"]) for g in people.load_grants()]
    for item in load_grounds().items:
        for dataset, fields in item.opens.items():
            if fields != "all":
                opened.append((GROUNDS, item.item, dataset, fields))
    for file, what, dataset, fields in opened:
        contract = contracts.get(dataset)
        known = {field.name for field in contract.fields} if contract else set(fields)
        for name in fields:
            if name not in known:
                yield _named(file, what, _no_field(dataset, name))


def _claim_faults(contracts: Mapping[str, Contract]) -> Iterator[Finding]:
    """Claims that items name and no contract has: they could not be verified."""
    for item in load_grounds().items:
        for dataset, claims in item.verifies.items():
            contract = contracts.get(dataset)
            known = {one.id for one in contract.claims} if contract else set(claims)
            for name in claims:
                if name not in known:
                    words = Text(
                        f"契约 {dataset} 没有核验项 {name}",
                        f"the contract {dataset} has no claim {name}",
                    )
                    yield _named(GROUNDS, item.item, words)


def _period_faults() -> Iterator[Finding]:
    for file, what, begins, ends in _periods():
        if ends < begins:
            words = Text(
                f"valid_to {ends} 早于 valid_from {begins}，请改正",
                f"valid_to {ends} is before valid_from {begins}: correct them",
            )
            yield _named(file, what, words)


def _periods() -> Iterator[tuple[str, str, date, date]]:
    for grant in people.load_grants():
        yield people.GRANTS, grant["id"], grant["valid_from"], grant["valid_to"]
    for person in people.content().people:
        for position in person.positions:
            yield people.PEOPLE, position.id, position.valid_from, position.valid_to
        for mandate in person.mandates:
            yield people.PEOPLE, person.username, mandate.valid_from, mandate.valid_to
    for one in assessments():
        yield ASSESSMENTS, one.id, one.valid_from, one.valid_to


def _level_faults() -> Iterator[Finding]:
    for person in people.content().people:
        if person.level not in LEVELS:
            words = Text(
                f"level 须为 1、2 或 3，不是 {person.level}",
                f"level is 1, 2 or 3, not {person.level}",
            )
            yield _named(people.PEOPLE, person.username, words)


def _page_faults(metrics: Mapping[str, MetricSpec], datasets: Set[str]) -> Iterator[Finding]:
    chosen = page_choices()
    named = (
        *(*chosen.home_figures, *chosen.cockpit_figures, *chosen.place_figures),
        chosen.map_metric,
    )
    for name in dict.fromkeys(named):
        if name is not None and name not in metrics:
            words = Text(
                "没有这个指标，页面上不会出现", "there is no such metric: no page shows it"
            )
            yield _named(PAGES, name, words)
    for name in chosen.place_figures:
        metric = metrics.get(name)
        if metric is not None and (metric.audience != "public" or metric.region_field is None):
            words = Text(
                "地区页面只显示分地区的公开指标，请换一个",
                "a place's page shows public metrics by region only: name another one",
            )
            yield _named(PAGES, name, words)
    for name in (name for sample in chosen.samples for name in sample.datasets):
        if name not in datasets:
            words = Text("没有这个数据集的契约", "there is no contract of this dataset")
            yield _named(PAGES, name, words)


def _metric_faults(
    metrics: Mapping[str, MetricSpec], contracts: Mapping[str, Contract]
) -> Iterator[Finding]:
    for file, metric in metrics.items():
        for field, words in _metric_words(metric, contracts):
            yield Finding(file, line_with(file, f"{field}:"), words)


def _metric_words(
    metric: MetricSpec, contracts: Mapping[str, Contract]
) -> Iterator[tuple[str, Text]]:
    if metric.owner not in people.organisations():
        yield "owner", _no_organisation(metric.owner)
    contract = contracts.get(metric.dataset)
    if contract is None:
        yield "dataset", _no_contract(metric.dataset)
        return
    fields = {field.name for field in contract.fields}
    used = (
        ("time_field", metric.time_field),
        ("region_field", metric.region_field),
        *(("dimensions", dimension.field) for dimension in metric.dimensions),
    )
    for key, name in used:
        if name is not None and name not in fields:
            yield key, _no_field(metric.dataset, name)
    times = {field.name for field in contract.fields if field.type in {"DATE", "TIMESTAMP"}}
    if metric.time_field in fields and metric.time_field not in times:
        words = Text(
            f"字段 {metric.time_field} 不是日期或时间", f"{metric.time_field} is no date or time"
        )
        yield "time_field", words
    yield from _formula_faults(metric, contract)


def _formula_faults(metric: MetricSpec, contract: Contract) -> Iterator[tuple[str, Text]]:
    """Formulas that are not allowed, or that the types of the contract's fields do not allow."""
    formulas = (
        ("numerator", metric.numerator, "SELECT {} FROM records"),
        ("denominator", metric.denominator, "SELECT {} FROM records"),
        ("where", metric.where, "SELECT 1 FROM records WHERE {}"),
    )
    names = frozenset(field.name for field in contract.fields)
    for key, formula, query in formulas:
        if formula is None:
            continue
        try:
            tree = check_expression(formula, names, where=key)
        except BadInput as bad:
            yield key, bad.text
            continue
        if problem := problem_of(contract, query.format(tree.sql(dialect=WRITTEN_IN))):
            yield key, _no_formula(formula, problem)


def _no_formula(formula: str, problem: str) -> Text:
    return Text(f"“{formula}”无法计算：{problem}", f"“{formula}” cannot be computed: {problem}")


def _reference_faults(own: Mapping[str, Contract], datasets: Set[str]) -> Iterator[Finding]:
    """Organisations, divisions and datasets that one file names and another should have."""
    known = {
        "organisation": people.organisations().keys(),
        "region": codes.divisions().keys(),
        "dataset": datasets,
    }
    for file, owner, kind, name in (*_of_organisations(own), *_of_people()):
        if name not in known[kind]:
            yield _named(file, owner, _MISSING[kind](name))


_Reference = tuple[str, str, str, str]
"""File, the id of what names something, the kind of what it names, its id."""


def _of_organisations(contracts: Mapping[str, Contract]) -> Iterator[_Reference]:
    for one in people.organisations().values():
        yield people.ORGANISATIONS, one.uscc, "region", one.region
    for contract in contracts.values():
        file = f"{CONTRACTS}/{contract.dataset}{PATTERN[1:]}"
        yield file, contract.provider, "organisation", contract.provider
    for code in codes.shown_places():
        yield codes.SHOWN_PLACES, code, "region", code


def _of_people() -> Iterator[_Reference]:
    for person in people.content().people:
        for position in person.positions:
            yield people.PEOPLE, position.id, "organisation", position.organisation
            yield people.PEOPLE, position.id, "region", position.region
    for grant in people.load_grants():
        yield people.GRANTS, grant["id"], "dataset", grant["dataset"]
        yield people.GRANTS, grant["id"], "organisation", grant["organisation"]
    for item in load_grounds().items:
        yield GROUNDS, item.item, "organisation", item.organisation
        yield GROUNDS, item.item, "region", item.region
        for dataset in dict.fromkeys((*item.opens, *item.verifies)):
            yield GROUNDS, item.item, "dataset", dataset


def _named(file: str, what: str, words: Text) -> Finding:
    """`what` is an id that is in the file."""
    return Finding(file, line_with(file, what), _of(what, words))


def _of(what: str, words: Text) -> Text:
    return Text(f"{what}：{words.zh}", f"{what}: {words.en}")


def _line_within(file: str, item: str, what: str) -> int:
    """The line of a word in the item of a list whose id is `item`; whole words alone, so that
    another id which begins alike is not taken for it."""
    lines = (registry_folder() / Path(file)).read_text(encoding="utf-8-sig").splitlines()
    first, wanted = (re.compile(rf"(?<![\w-]){re.escape(one)}(?![\w-])") for one in (item, what))
    begin = next((number for number, line in enumerate(lines) if first.search(line)), 0)
    rest = enumerate(lines[begin:], begin + 1)
    return next((number for number, line in rest if wanted.search(line)), begin + 1)


def line_with(file: str, what: str) -> int:
    """The first line of a file of the registry that has the words; 1 where none has."""
    lines = (registry_folder() / Path(file)).read_text(encoding="utf-8-sig").splitlines()
    return next((number for number, line in enumerate(lines, 1) if what in line), 1)


def _no_organisation(uscc: str) -> Text:
    return Text(
        f"机构 {uscc} 不在 {people.ORGANISATIONS} 中",
        f"the organisation {uscc} is not in {people.ORGANISATIONS}",
    )


def _no_division(code: str) -> Text:
    return Text(f"区划 {code} 不在 {codes.DIVISIONS} 中", f"{code} is not in {codes.DIVISIONS}")


def _no_field(dataset: str, name: str) -> Text:
    return Text(f"契约 {dataset} 没有字段 {name}", f"the contract {dataset} has no field {name}")


def _no_contract(dataset: str) -> Text:
    return Text(f"没有数据集 {dataset} 的契约", f"there is no contract of the dataset {dataset}")


_MISSING = {
    "organisation": _no_organisation,
    "region": _no_division,
    "dataset": _no_contract,
}
