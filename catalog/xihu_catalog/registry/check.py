"""Checks a whole registry: every file by itself, then what one file says of another."""

from collections.abc import Callable, Iterator, Mapping, Set
from functools import partial
from pathlib import Path

from xihu_catalog.contracts.errors import Finding
from xihu_catalog.contracts.folders import CONTRACTS
from xihu_catalog.contracts.lint import lint_all
from xihu_catalog.contracts.load import load_contracts
from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.store import PATTERN
from xihu_catalog.drafting.terms import terms
from xihu_catalog.registry import codes, people, regions
from xihu_catalog.registry.calendar import registry_calendar
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.grounds import GROUNDS, load_grounds
from xihu_catalog.registry.metrics import METRICS, load_metric
from xihu_catalog.registry.pages import page_choices
from xihu_catalog.registry.reading import BadRegistry, bad
from xihu_catalog.registry.statutes import STATUTES, duties
from xihu_catalog.registry.strays import strays
from xihu_catalog.search.vocabulary import lexicon
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.errors import BadInput
from xihu_platform.words import Text

NEEDED_LISTS = ("topics", "update_cycle")
NEEDED_DUTIES = (("CN-809-2025", "reply_conditional"),)
"""What pages name by id."""


def read_registry() -> None:
    """Read every file but contracts and metrics, which have stores of their own.

    Raises BadRegistry with all that is wrong: a process then does not start.
    """
    if findings := _unreadable():
        raise BadRegistry(findings)


def check_registry(published: Mapping[str, Contract]) -> list[Finding]:
    """Everything that is wrong in the registry of this process.

    `published`: the contracts that departments put in force beside the registry's.
    """
    if findings := _unreadable():
        return findings  # a contract is checked against organisations and lists
    findings += _contract_faults(published)
    metrics: dict[str, MetricSpec] = {}
    for path in sorted((registry_folder() / METRICS).glob("*.yaml")):
        findings += _tried(partial(_keep, metrics, path))
    if findings:
        return findings
    own = load_contracts(registry_folder() / CONTRACTS)
    contracts = {**own, **published}
    return [*_metric_faults(metrics, contracts), *_reference_faults(own, contracts.keys())]


def _unreadable() -> list[Finding]:
    """A file that several readers share is told once."""
    lists = dict.fromkeys((*NEEDED_LISTS, *codes.list_names()))
    reads: tuple[Callable[[], object], ...] = (
        *(codes.province, codes.shown_places, regions.changes, people.content, people.load_grants),
        *(load_grounds, lexicon, terms, registry_calendar, page_choices, _statutes),
        *(partial(codes.code_list, name) for name in lists),
        *(partial(codes.map_tiles, name) for name in codes.TILES),
    )
    found = dict.fromkeys(finding for read in reads for finding in _tried(read))
    return [*found, *strays()]


def _tried(read: Callable[[], object]) -> list[Finding]:
    try:
        read()
    except BadRegistry as wrong:
        return wrong.findings
    except BadInput as wrong:  # a code list that is missing
        return [Finding(codes.CODES, 1, wrong.text)]
    return []


def _keep(metrics: dict[str, MetricSpec], path: Path) -> None:
    spec = load_metric(path)
    first = next((file for file, one in metrics.items() if one.id == spec.id), None)
    if first is not None:
        line = _line(f"{METRICS}/{path.name}", "id:")
        zh = f"指标 {spec.id} 已在 {METRICS}/{first} 中，请换一个 id"
        en = f"the metric {spec.id} is in {METRICS}/{first} already: give another id"
        raise bad(f"{METRICS}/{path.name}", line, zh, en)
    metrics[path.name] = spec


def _statutes() -> None:
    known = duties()
    missing = [f"{rules} {duty}" for rules, duty in NEEDED_DUTIES if (rules, duty) not in known]
    if missing:
        words = Text(
            f"缺少期限 {'、'.join(missing)}，请补上", f"lacks {', '.join(missing)}: add it"
        )
        raise BadRegistry([Finding(f"{STATUTES}/", 1, words)])


def _contract_faults(published: Mapping[str, Contract]) -> Iterator[Finding]:
    folder = registry_folder() / CONTRACTS
    if not folder.is_dir():
        words = Text(
            "没有这个目录，请建立，可以是空的", "there is no such folder: make it, it may be empty"
        )
        yield Finding(f"{CONTRACTS}/", 1, words)
    for remark in lint_all(sorted(folder.glob(PATTERN)), published.get):
        if remark.level == "error":
            yield Finding(f"{CONTRACTS}/{remark.file}", remark.line, remark.text)


def _metric_faults(
    metrics: dict[str, MetricSpec], contracts: dict[str, Contract]
) -> Iterator[Finding]:
    for file, metric in metrics.items():
        for field, words in _metric_words(metric, contracts):
            yield Finding(f"{METRICS}/{file}", _line(f"{METRICS}/{file}", field), words)


def _metric_words(metric: MetricSpec, contracts: dict[str, Contract]) -> Iterator[tuple[str, Text]]:
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
            yield (
                key,
                Text(
                    f"契约 {metric.dataset} 没有字段 {name}",
                    f"the contract {metric.dataset} has no field {name}",
                ),
            )


def _reference_faults(own: dict[str, Contract], datasets: Set[str]) -> Iterator[Finding]:
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


def _of_organisations(contracts: dict[str, Contract]) -> Iterator[_Reference]:
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
        for dataset in item.opens:
            yield GROUNDS, item.item, "dataset", dataset


def _named(file: str, what: str, words: Text) -> Finding:
    """`what` is an id that is in the file."""
    return Finding(file, _line(file, what), Text(f"{what}：{words.zh}", f"{what}: {words.en}"))


def _line(file: str, what: str) -> int:
    lines = (registry_folder() / Path(file)).read_text(encoding="utf-8-sig").splitlines()
    return next((number for number, line in enumerate(lines, 1) if what in line), 1)


def _no_organisation(uscc: str) -> Text:
    return Text(
        f"机构 {uscc} 不在 {people.ORGANISATIONS} 中",
        f"the organisation {uscc} is not in {people.ORGANISATIONS}",
    )


def _no_division(code: str) -> Text:
    return Text(f"区划 {code} 不在 {codes.DIVISIONS} 中", f"{code} is not in {codes.DIVISIONS}")


def _no_contract(dataset: str) -> Text:
    return Text(f"没有数据集 {dataset} 的契约", f"there is no contract of the dataset {dataset}")


_MISSING = {
    "organisation": _no_organisation,
    "region": _no_division,
    "dataset": _no_contract,
}
