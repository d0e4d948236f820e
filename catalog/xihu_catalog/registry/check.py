"""Checks a whole registry: every file by itself, then what one file says of another."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from xihu_catalog.contracts.errors import Finding
from xihu_catalog.contracts.folders import CONTRACTS
from xihu_catalog.contracts.lint import lint_all
from xihu_catalog.contracts.load import load_contracts
from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.store import PATTERN
from xihu_catalog.drafting.terms import terms
from xihu_catalog.harvest.sources import harvest_sources
from xihu_catalog.registry import code_lists, codes, elements, people, regions
from xihu_catalog.registry.agreement import disagreements, line_with
from xihu_catalog.registry.appointments import appointment_counters
from xihu_catalog.registry.assessments import assessments
from xihu_catalog.registry.attestations import attestations
from xihu_catalog.registry.backflow import flows
from xihu_catalog.registry.calendar import registry_calendar
from xihu_catalog.registry.entries import read_entries
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.forbidding import forbidding_provisions
from xihu_catalog.registry.grounds import load_grounds
from xihu_catalog.registry.hotline import hotline_organisation
from xihu_catalog.registry.matters import check_definitions
from xihu_catalog.registry.metrics import METRICS, load_metric
from xihu_catalog.registry.pages import page_choices
from xihu_catalog.registry.reading import BadRegistry, bad
from xihu_catalog.registry.statutes import STATUTES, duties
from xihu_catalog.registry.strays import strays
from xihu_catalog.registry.systems import information_systems
from xihu_catalog.search.vocabulary import lexicon
from xihu_catalog.services.events import life_events
from xihu_catalog.services.items import service_items
from xihu_catalog.services.lint import (
    bundle_paths,
    item_paths,
    lint_bundles,
    lint_files,
    list_faults,
)
from xihu_catalog.services.papers import papers
from xihu_catalog.sharing.start import CONDITIONS, EFFECTS, GUARDS
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


def check_registry(published: Mapping[str, Contract], beside: Path | None = None) -> list[Finding]:
    """Everything that is wrong in the registry of this process.

    `published`: the contracts that departments put in force beside the registry's; `beside`: the
    folder of the metrics that a node has beside the registry's.
    """
    if findings := _unreadable():
        return findings  # a contract is checked against organisations and lists
    findings += _contract_faults(published)
    metrics: dict[str, MetricSpec] = {}
    for path in sorted((registry_folder() / METRICS).glob("*.yaml")):
        findings += _tried(partial(_keep, metrics, path))
    for path in sorted(beside.glob("*.yaml")) if beside else ():
        findings += _tried(partial(_add, metrics, path))
    if findings:
        return findings
    own = load_contracts(registry_folder() / CONTRACTS)
    contracts = {**own, **published}
    return [
        *disagreements(metrics, own, contracts),
        *lint_files(item_paths(), contracts, None),
        *lint_bundles(bundle_paths(), service_items(), None),
        *list_faults(service_items(), contracts),
    ]


def _unreadable() -> list[Finding]:
    """A file that several readers share is told once."""
    lists = dict.fromkeys((*NEEDED_LISTS, *codes.list_names()))
    reads: tuple[Callable[[], object], ...] = (
        *(codes.province, codes.shown_places, regions.changes, people.content, people.load_grants),
        *(
            assessments,
            flows,
            information_systems,
            attestations,
            read_entries,
            load_grounds,
            forbidding_provisions,
            harvest_sources,
            hotline_organisation,
            lexicon,
            terms,
            registry_calendar,
            page_choices,
            appointment_counters,
            code_lists.code_lists,
            code_lists.ended_lists,
            elements.elements,
            service_items,
            papers,
            life_events,
            _statutes,
        ),
        partial(check_definitions, GUARDS, EFFECTS, CONDITIONS),
        *(partial(codes.code_list, name) for name in lists),
        *(partial(code_lists.code_entries, name) for name in codes.list_names()),
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
        line = line_with(f"{METRICS}/{path.name}", "id:")
        zh = f"指标 {spec.id} 已在 {first} 中，请换一个 id"
        en = f"the metric {spec.id} is in {first} already: give another id"
        raise bad(f"{METRICS}/{path.name}", line, zh, en)
    metrics[f"{METRICS}/{path.name}"] = spec


def _add(metrics: dict[str, MetricSpec], path: Path) -> None:
    """A metric of a node takes the place of the registry's of the same id."""
    metrics[str(path)] = load_metric(path)


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
