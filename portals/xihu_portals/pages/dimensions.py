"""The six dimensions of GB/T 36344 and the score of the metadata, as pages show them."""

from dataclasses import dataclass
from decimal import Decimal

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.quality.dimensions import DIMENSIONS, Dimension, DimensionMeasure
from xihu_catalog.quality.history import MeasuredDataset, MeasuredLoad
from xihu_catalog.quality.metadata import (
    FAIR_DIMENSIONS,
    METHOD,
    FairDimension,
    MetadataRating,
    metadata_score,
)
from xihu_catalog.quality.reported import NAMES, ReportedDimension, check_title, reported
from xihu_platform.words import Text
from xihu_portals.web.datasets import floor_share
from xihu_portals.web.parts import Table, TableColumn, Words

MEANINGS: dict[Dimension, Text] = {
    "conformity": Text("格式、代码符合标准", "Formats and codes are as the standard has them"),
    "completeness": Text("必填的都填了", "What must be given is given"),
    "accuracy": Text(
        "数值合理、号码校验位正确、不重复",
        "Values are plausible, numbers pass their check digit, nothing is there twice",
    ),
    "consistency": Text(
        "各项之间、与其他数据之间不矛盾", "Fields and datasets do not contradict each other"
    ),
    "timeliness": Text("按约定的周期更新", "Updated as often as promised"),
    "accessibility": Text("数据在，能读取", "The data is there and can be read"),
}
FAIR_NAMES: dict[FairDimension, Text] = {
    "findability": Text("可发现", "Findability"),
    "accessibility": Text("可访问", "Accessibility"),
    "interoperability": Text("可互操作", "Interoperability"),
    "reusability": Text("可重用", "Reusability"),
    "contextuality": Text("背景信息", "Contextuality"),
}
RATING_NAMES: dict[MetadataRating, Text] = {
    "excellent": Text("优秀", "excellent"),
    "good": Text("良好", "good"),
    "sufficient": Text("合格", "sufficient"),
    "bad": Text("不足", "bad"),
}
_PER_CENT = Text("%", "%")


@dataclass(frozen=True, slots=True)
class ShownDimensionCheck:
    """One check: its title says what is wrong, or, `informative`, what is given and not counted."""

    title: Words
    passed: int
    checked: int
    share: Decimal
    informative: bool = False

    @property
    def failed(self) -> int:
        return self.checked - self.passed


@dataclass(frozen=True, slots=True)
class ShownDimension:
    """One dimension; `gap` says why it has no share."""

    id: Dimension
    name: Text
    meaning: Text
    share: Decimal | None
    gap: Text | None
    passed: int | None = None
    """None where numbers of records are rough."""
    checked: int | None = None
    checks: tuple[ShownDimensionCheck, ...] = ()
    """Those that fail, most first, and the informative ones."""
    met: int = 0
    """How many checks nothing fails."""
    spark: tuple[Decimal, ...] = ()
    """Its shares from load to load."""


@dataclass(frozen=True, slots=True)
class ShownDimensions:
    """All six, and the loads before."""

    dimensions: tuple[ShownDimension, ...]
    history: Table | None = None
    exact: bool = True


@dataclass(frozen=True, slots=True)
class ShownFair:
    """One dimension of the score of the metadata, and what would raise it."""

    name: Text
    points: int
    most: int
    unchecked: int
    advice: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class ShownMetadata:
    """The score of an entry's metadata."""

    points: int
    most: int
    unchecked: int
    ratings: tuple[Text, ...]
    """One, or from which to which it may be."""
    parts: tuple[ShownFair, ...]
    has_files: bool = True
    method: str = METHOD
    """Where the method is described."""


def dimensions_of(
    of: MeasuredDataset, *, public: bool, unreadable: frozenset[str]
) -> ShownDimensions:
    """`public`: whether numbers of records are as the public gets them; `unreadable`: the
    fields that are left out."""
    found = reported(of, public=public, unreadable=unreadable)
    return ShownDimensions(
        tuple(_dimension(found.measured, one, exact=found.exact) for one in found.dimensions),
        _history(found.history) if not public else None,
        found.exact,
    )


def _dimension(of: MeasuredDataset, one: ReportedDimension, *, exact: bool) -> ShownDimension:
    measure, course = one.measure, of.course(one.id) if exact else []
    return ShownDimension(
        id=one.id,
        name=NAMES[one.id],
        meaning=MEANINGS[one.id],
        share=one.share,
        gap=one.gap.text if one.gap else None,
        passed=measure.passed if measure else None,
        checked=measure.checked if measure else None,
        checks=_checks(of.contract, measure) if measure else (),
        met=sum(not check.failed for check in measure.checks) if measure else 0,
        spark=tuple(share for load in course if (share := load.measures[one.id].share) is not None),
    )


def _checks(contract: Contract, measure: DimensionMeasure) -> tuple[ShownDimensionCheck, ...]:
    failing = [one for one in measure.checks if one.failed]
    ordered = sorted(failing, key=lambda one: (one.share, one.id))
    shown = [(one, False) for one in ordered] + [(one, True) for one in measure.informative]
    return tuple(
        ShownDimensionCheck(
            title=check_title(contract, one),
            passed=one.passed,
            checked=one.checked,
            share=floor_share(one.share),
            informative=informative,
        )
        for one, informative in shown
    )


def _history(loads: tuple[MeasuredLoad, ...]) -> Table | None:
    if not loads:
        return None
    shown = [one for one in DIMENSIONS if one != "accessibility"]
    return Table(
        caption=Text("历次装载，最新的在前", "Loads, the newest first"),
        columns=(
            TableColumn(Text("送达", "Arrived")),
            *(TableColumn(NAMES[one], _PER_CENT, numeric=True, decimals=1) for one in shown),
            TableColumn(Text("说明", "Note")),
        ),
        rows=tuple(
            (
                load.arrived_at,
                *(per_cent(load.measures[one].share) for one in shown),
                Text("已拦截，未入库", "stopped, not loaded") if load.stopped else None,
            )
            for load in loads
        ),
    )


def per_cent(share: Decimal | None) -> Decimal | None:
    """
    >>> per_cent(Decimal("0.98968")), per_cent(None)
    (Decimal('98.9'), None)
    """
    return None if share is None else (floor_share(share) * 100).quantize(Decimal("0.1"))


def metadata_of(facts: EntryFacts) -> ShownMetadata:
    """The score of an entry's metadata, with what would raise it."""
    score = metadata_score(facts)
    return ShownMetadata(
        points=score.points,
        most=score.most,
        unchecked=score.unchecked,
        ratings=tuple(RATING_NAMES[one] for one in dict.fromkeys(score.ratings)),
        parts=tuple(
            ShownFair(FAIR_NAMES[one], part.points, part.most, part.unchecked, part.advice)
            for one in FAIR_DIMENSIONS
            for part in (score.of(one),)
        ),
        has_files=score.has_files,
    )
