"""Makes the sketches of fields, by which the data authority sees what departments collect twice.

Nothing is made, and what there is is deleted, where no impact assessment of it is in force.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from xihu_catalog.contracts.entries import unpublished
from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.service import Catalogue
from xihu_catalog.duplicates.sketches import (
    SketchWanted,
    comparable_fields,
    compare_sketches,
    count_sketches,
    drop_sketches,
    keep_sketch,
    wanted_sketches,
)
from xihu_catalog.registry.assessments import ImpactAssessment, assessment_of
from xihu_pipelines.ingest.publisher import publisher_of
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.policy import Purpose
from xihu_platform.access.sketches import sketch_values
from xihu_platform.clock import civil_date
from xihu_platform.errors import PlatformError, Refused
from xihu_platform.start import Node
from xihu_platform.words import Text

LEASE, LEASE_S = "repeats", 5.0
"""Only one process compares at a time."""
_TITLE = Text("重复采集核查", "Finding repeated collection")


@dataclass(frozen=True, slots=True)
class SketchDone:
    """One field; `fault` where it could not be read, else whether there is a sketch of it."""

    dataset: str
    field: str
    made: bool
    fault: Text | None = None


def are_sketches_due(node: Node, catalogue: Catalogue) -> bool:
    """Whether one is missing or old, or one there is may no longer be kept."""
    if _assessment(node) is None:
        return count_sketches(node.database) > 0
    return bool(_wanted(node, _published(node, catalogue)))


def make_sketches(node: Node, gateway: AccessGateway, catalogue: Catalogue) -> Iterator[SketchDone]:
    """Each field whose data or contract has changed. One that cannot be read stops no other; one
    that is refused is not asked for again before its data or contract changes."""
    contracts, assessment = _published(node, catalogue), _assessment(node)
    kept = comparable_fields(contracts) if assessment is not None else {}
    drop_sketches(node.database, kept)
    if assessment is None:
        return
    words = Text(*(f"{title}（{assessment.id}）" for title in (_TITLE.zh, _TITLE.en)))
    for wanted in _wanted(node, contracts):
        yield _made(node, gateway, wanted, words)
    compare_sketches(node.database, contracts)


def _published(node: Node, catalogue: Catalogue) -> list[Contract]:
    """Of a draft no value is compared: nobody but its department knows of its data."""
    hidden = unpublished(node.database)
    return [one for name, one in catalogue.contracts.all().items() if name not in hidden]


def _made(node: Node, gateway: AccessGateway, wanted: SketchWanted, words: Text) -> SketchDone:
    dataset = wanted.contract.dataset
    principal = publisher_of(wanted.contract, f"sketch:{dataset}", words)
    purpose = Purpose("internal", words=words.zh)
    try:
        sketch = sketch_values(gateway, principal, dataset, wanted.field, purpose=purpose)
    except Refused as refusal:
        keep_sketch(node.database, wanted, None, node.clock())
        return SketchDone(dataset, wanted.field, made=False, fault=refusal.text)
    except PlatformError as error:
        return SketchDone(dataset, wanted.field, made=False, fault=error.text)
    keep_sketch(node.database, wanted, sketch, node.clock())
    return SketchDone(dataset, wanted.field, made=sketch is not None)


def _assessment(node: Node) -> ImpactAssessment | None:
    return assessment_of("value_overlap", civil_date(node.clock()))


def _wanted(node: Node, contracts: Collection[Contract]) -> list[SketchWanted]:
    snapshots = {
        one.dataset: found.id
        for one in contracts
        if (found := node.lake.find_snapshot(one.table)) is not None
    }
    return wanted_sketches(node.database, contracts, snapshots, node.clock())
