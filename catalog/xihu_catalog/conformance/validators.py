"""Checks the documents of an entry by the standards' own schemas, shapes and clients.

A validator that is not installed checks nothing, and says so: what was not checked is never called
valid. The extra `check` of the package brings those that can be installed beside the platform.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from rdflib import Graph
from rdflib.namespace import SH

from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.formats.croissant import croissant_document
from xihu_catalog.formats.dcat import entry_graph
from xihu_catalog.formats.frictionless import frictionless_document
from xihu_catalog.formats.odcs import odcs_document

SCHEMAS = Path(__file__).parent / "schemas"
FIRST = 10
"""Violations that are kept in words; all of them are counted."""
WORDS = 300
"""Characters of one."""
Standard = Literal["dcat_ap", "croissant", "odcs", "data_package"]
CheckState = Literal["valid", "invalid", "not_checked", "no_document"]
"""`not_checked`: the validator is not installed; `no_document`: a closed entry has none."""
Found = Iterable[str]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one validator says of one entry."""

    standard: Standard
    state: CheckState
    checker: str
    """Name and version of the validator; its name alone where it is not installed."""
    violations: int = 0
    first: tuple[str, ...] = ()


def check_entry(facts: EntryFacts) -> tuple[CheckResult, ...]:
    """By each standard, in the order of `Standard`."""
    package = frictionless_document(facts, "zh")
    return (
        _checked("dcat_ap", "pyshacl", lambda: _violations(entry_graph(facts))),
        _checked("croissant", "mlcroissant", lambda: _issues(croissant_document(facts))),
        _checked("odcs", "jsonschema", lambda: _errors(_ODCS, odcs_document(facts))),
        _checked("data_package", "jsonschema", lambda: _errors(_PACKAGE, package))
        if package is not None
        else CheckResult("data_package", "no_document", "jsonschema"),
    )


def checkers() -> str:
    """The validators that are installed, with their versions: where they change, entries are
    checked again."""
    return " ".join(filter(None, map(_installed, ("jsonschema", "mlcroissant", "pyshacl"))))


def _installed(module: str) -> str | None:
    if find_spec(module) is None:
        return None
    try:
        return f"{module} {version(module)}"
    except PackageNotFoundError:
        return module


def _checked(standard: Standard, module: str, check: Callable[[], Found]) -> CheckResult:
    checker = _installed(module)
    if checker is None:
        return CheckResult(standard, "not_checked", module)
    first: list[str] = []
    count = 0
    for said in check():
        count += 1
        if len(first) < FIRST:
            first.append(said if len(said) <= WORDS else f"{said[: WORDS - 1]}…")
    return CheckResult(standard, "invalid" if count else "valid", checker, count, tuple(first))


_ODCS, _PACKAGE = "odcs-3.1.0.schema.json", "datapackage-2.0.schema.json"


@cache
def _validator(name: str) -> Any:
    # Any: jsonschema's validators are made at run time.
    from jsonschema.validators import validator_for

    schema = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    return validator_for(schema)(schema)


def _errors(schema: str, document: Any) -> Found:
    # Any: it is JSON.
    for one in _validator(schema).iter_errors(document):
        yield f"{one.json_path}: {one.message}"


@cache
def _shapes() -> Graph:
    made = Graph()
    for name in ("shapes", "range"):
        made.parse(SCHEMAS / "dcat-ap-3.0.1" / f"{name}.ttl", format="turtle")
    return made


def _violations(graph: Graph) -> Found:
    from pyshacl import validate

    _, report, _ = validate(graph, shacl_graph=_shapes(), inference="none")
    if not isinstance(report, Graph):
        return []
    return sorted(
        f"{report.value(one, SH.resultPath)}: {report.value(one, SH.resultMessage)}"
        for one in set(report.subjects(SH.resultMessage))
    )


def _issues(document: Any) -> Found:
    # Any: it is JSON; mlcroissant is not installed beside the platform, and so has no types.
    import mlcroissant  # type: ignore[import-not-found]

    try:
        issues = mlcroissant.Dataset(document).metadata.ctx.issues
    except (mlcroissant.ValidationError, ValueError, TypeError, KeyError, AttributeError) as fault:
        return [f"{type(fault).__name__}: {fault}"]
    return sorted(issues.errors)
