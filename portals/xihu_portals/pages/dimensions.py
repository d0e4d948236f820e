"""A dataset in the six dimensions of GB/T 36344, and the score of its metadata, as pages show them.

Who is told rough numbers of records is told shares in whole per cent, and no counts.
"""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.datasets.public_counts import public_count
from xihu_catalog.quality.dimensions import (
    DIMENSIONS,
    KEY,
    Dimension,
    DimensionCheck,
    DimensionMeasure,
    Unmeasured,
)
from xihu_catalog.quality.history import MeasuredDataset
from xihu_catalog.quality.metadata import (
    FAIR_DIMENSIONS,
    FairDimension,
    MetadataRating,
    metadata_score,
)
from xihu_platform.rough import Rough
from xihu_platform.words import Text
from xihu_portals.pages.quality import rule_title
from xihu_portals.web.datasets import floor_share
from xihu_portals.web.parts import Table, TableColumn, Value, Words

NAMES: dict[Dimension, Text] = {
    "conformity": Text("规范性", "Conformity"),
    "completeness": Text("完整性", "Completeness"),
    "accuracy": Text("准确性", "Accuracy"),
    "consistency": Text("一致性", "Consistency"),
    "timeliness": Text("时效性", "Timeliness"),
    "accessibility": Text("可访问性", "Accessibility"),
}
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
TOO_FEW = Unmeasured(
    "too_few", Text("记录较少，不公布", "not published, because there are few records")
)
_WHOLE = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class ShownDimensionCheck:
    """One check: `beside` is shown with the dimension and not counted in it."""

    title: Words
    passed: int
    checked: int
    share: Decimal
    beside: bool = False


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


def dimensions_of(of: MeasuredDataset, *, public: bool) -> ShownDimensions:
    """`public`: whether numbers of records are told as the public has them."""
    contract = of.contract
    received = of.newest.load.counts.received if of.newest else 0
    exact = not isinstance(public_count(contract, received, public=public), Rough)
    few = not exact and not public_count(contract, received, public=public)
    return ShownDimensions(
        tuple(_dimension(of, one, exact=exact, few=few) for one in DIMENSIONS),
        _history(of) if exact and not public else None,
        exact,
    )


def _dimension(
    of: MeasuredDataset, dimension: Dimension, *, exact: bool, few: bool
) -> ShownDimension:
    measure = shown_measure(of.now[dimension], dimension, exact=exact, few=few)
    share, numbers = measure.share, exact and measure.gap is None
    return ShownDimension(
        id=dimension,
        name=NAMES[dimension],
        meaning=MEANINGS[dimension],
        share=share if share is None else shown_share(share, dimension, exact=exact),
        gap=measure.gap.text if measure.gap else None,
        passed=measure.passed if numbers else None,
        checked=measure.checked if numbers else None,
        checks=_checks(of.contract, measure) if numbers else (),
        spark=tuple(load.measures[dimension].share or Decimal(0) for load in of.course(dimension))
        if exact
        else (),
    )


def shown_measure(
    measure: DimensionMeasure, dimension: Dimension, *, exact: bool, few: bool
) -> DimensionMeasure:
    """Without a value where it would tell of few records."""
    if few and not exact and dimension not in {"timeliness", "accessibility"}:
        return measure if measure.gap else DimensionMeasure(gap=TOO_FEW)
    return measure


def shown_share(share: Decimal, dimension: Dimension, *, exact: bool) -> Decimal:
    """Rounded down: to tenths of a per cent, or to whole ones where numbers are rough."""
    if exact or dimension in {"timeliness", "accessibility"}:
        return floor_share(share)
    return share.quantize(_WHOLE, ROUND_FLOOR)


def _checks(contract: Contract, measure: DimensionMeasure) -> tuple[ShownDimensionCheck, ...]:
    """Those that fail most first."""
    ordered = sorted(measure.checks, key=lambda one: (one.share, one.id))
    return (
        *(_check(contract, one, beside=False) for one in ordered),
        *(_check(contract, one, beside=True) for one in measure.beside),
    )


def _check(contract: Contract, one: DimensionCheck, *, beside: bool) -> ShownDimensionCheck:
    return ShownDimensionCheck(
        title=check_title(contract, one),
        passed=one.passed,
        checked=one.checked,
        share=floor_share(one.share),
        beside=beside,
    )


def check_title(contract: Contract, one: DimensionCheck) -> Text:
    """A rule's title says what is wrong; that of the key names its fields."""
    return rule_title(contract, KEY) if one.id == KEY else one.title


def _history(of: MeasuredDataset) -> Table | None:
    if not of.history:
        return None
    shown = [one for one in DIMENSIONS if one != "accessibility"]
    return Table(
        caption=Text("历次装载，最新的在前", "Loads, the newest first"),
        columns=(
            TableColumn(Text("装载于", "Loaded")),
            *(TableColumn(NAMES[one], _PER_CENT, numeric=True, decimals=1) for one in shown),
            TableColumn(Text("说明", "Note")),
        ),
        rows=tuple(
            (
                load.finished_at,
                *(_cell(load.measures[one]) for one in shown),
                Text("已拦截，未入库", "stopped, not loaded") if load.stopped else None,
            )
            for load in of.history
        ),
    )


_PER_CENT = Text("%", "%")


def _cell(measure: DimensionMeasure) -> Value:
    """A share in per cent, rounded down; None where there is none."""
    return per_cent(measure.share)


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
            ShownFair(
                name=FAIR_NAMES[one],
                points=part.points,
                most=part.most,
                unchecked=part.unchecked,
                advice=tuple(dict.fromkeys(i.advice for i in part.indicators if i.met is False)),
            )
            for one in FAIR_DIMENSIONS
            for part in (score.of(one),)
        ),
    )
