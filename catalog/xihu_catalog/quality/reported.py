"""A dataset's quality as far as a reader may know it.

Readers who get rough numbers of records get shares in whole per cent, without counts, and no share
of a dataset with few records.
"""

from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal

from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.rules import fields_read
from xihu_catalog.datasets.public_counts import public_count
from xihu_catalog.quality.dimensions import (
    DIMENSIONS,
    KEY,
    OF_RULES,
    READABLE,
    Dimension,
    DimensionCheck,
    DimensionMeasure,
    Measures,
    Unmeasured,
)
from xihu_catalog.quality.history import MeasuredDataset, MeasuredLoad
from xihu_platform.rough import Rough
from xihu_platform.words import Text

STANDARD = "GB/T 36344-2018"
NAMES: dict[Dimension, Text] = {
    "conformity": Text("规范性", "Conformity"),
    "completeness": Text("完整性", "Completeness"),
    "accuracy": Text("准确性", "Accuracy"),
    "consistency": Text("一致性", "Consistency"),
    "timeliness": Text("时效性", "Timeliness"),
    "accessibility": Text("可访问性", "Accessibility"),
}
FAILED = {
    "in_time": Text("超过更新周期才送达", "Arrived later than its update cycle"),
    "loads_in_time": Text(
        "超过更新周期才装载的次数", "Loads that came later than the update cycle"
    ),
    "in_time_now": Text("现有数据已逾期，请尽快装载", "The data is overdue now, load it"),
    "bound": Text("没有挂接数据，请装载", "No data is bound to the entry, load it"),
    "readable": Text("数据文件缺失，请恢复", "Files of the data are missing, restore them"),
    "answered": Text("读取没有响应，请联系运维", "Reads are not answered, call the operator"),
}
"""Checks that are no rules, where they fail."""
TOO_FEW = Unmeasured(
    "too_few", Text("记录较少，不公布", "not published, because there are few records")
)
CLOSED_FIELDS = Unmeasured(
    "closed_fields",
    Text(
        "只检查了不公开的数据项，不公布",
        "not published, because only fields that are not open were checked",
    ),
)
_OF_NO_FIELD = (READABLE, "corrections")
"""Checks of whole records."""
FEWEST, MOST = 1_000, Decimal("0.99")
"""Where numbers are rough: records of which a share is given at least, so that one per cent is ten
of them, and the highest share that is given: none says that nothing failed."""
_TENTH, _WHOLE = Decimal("0.001"), Decimal("0.01")


@dataclass(frozen=True, slots=True)
class ReportedDimension:
    """One dimension: `measure` None where numbers of records are rough."""

    id: Dimension
    share: Decimal | None
    """Rounded down: to tenths of a per cent, or to whole ones where numbers are rough."""
    gap: Unmeasured | None
    measure: DimensionMeasure | None


@dataclass(frozen=True, slots=True)
class ReportedQuality:
    """All six dimensions, and the loads of the history, newest first."""

    dimensions: tuple[ReportedDimension, ...]
    history: tuple[MeasuredLoad, ...]
    exact: bool
    measured: MeasuredDataset
    """What it is made of."""


def reported(of: MeasuredDataset, *, public: bool, unreadable: frozenset[str]) -> ReportedQuality:
    """`public`: whether numbers of records are as the public gets them. `unreadable`: the
    fields left out where numbers are exact (`Policy.closed_fields`, or what the reader may not
    read)."""
    received = public_count(
        of.contract, of.newest.load.counts.received if of.newest else 0, public=public
    )
    exact = not isinstance(received, Rough)
    of = _without_fields(of, unreadable) if exact else of
    few = not exact and int(received) < FEWEST
    return ReportedQuality(
        dimensions=tuple(
            _dimension(one, of.now[one], exact=exact, few=few and one in OF_RULES)
            for one in DIMENSIONS
        ),
        history=of.history if exact else (),
        exact=exact,
        measured=of,
    )


def _without_fields(of: MeasuredDataset, unreadable: frozenset[str]) -> MeasuredDataset:
    """Without the checks that read one of the fields, in each load."""

    def left(measures: Measures) -> Measures:
        parts = {one: _left(of.contract, measures[one], unreadable) for one in OF_RULES}
        return {**measures, **parts}

    if not unreadable:
        return of
    history = tuple(replace(one, measures=left(one.measures)) for one in of.history)
    return replace(of, now=left(of.now), history=history)


def _left(
    contract: Contract, measure: DimensionMeasure, unreadable: frozenset[str]
) -> DimensionMeasure:
    def is_told(check: DimensionCheck) -> bool:
        read = _fields_of_check(contract, check.id)
        return read is not None and unreadable.isdisjoint(read)

    checks = tuple(one for one in measure.checks if is_told(one))
    informative = tuple(one for one in measure.informative if is_told(one))
    gap = measure.gap or (CLOSED_FIELDS if measure.checks and not checks else None)
    return DimensionMeasure(checks, gap, informative)


def _fields_of_check(contract: Contract, check: str) -> tuple[str, ...] | None:
    """The fields that a check reads; None of a rule that the contract no longer has."""
    if check in _OF_NO_FIELD:
        return ()
    field = check.removesuffix(".filled")
    if field != check and contract.field(field) is not None:
        return (field,)
    known = check == KEY or any(one.id == check for one in contract.all_rules)
    known = known or any(one.rule.id == check for one in contract.references)
    return fields_of_rule(contract, check) if known else None


def fields_of_rule(contract: Contract, rule_id: str) -> tuple[str, ...]:
    """The names of the fields that a rule reads; none for one about the whole record."""
    if rule_id.startswith("key."):
        return contract.key
    for reference in contract.references:
        if reference.rule.id == rule_id:
            return reference.fields
    rule = next((rule for rule in contract.all_rules if rule.id == rule_id), None)
    return fields_read(rule, contract.fields) if rule else ()


def _dimension(
    dimension: Dimension, measure: DimensionMeasure, *, exact: bool, few: bool
) -> ReportedDimension:
    gap = measure.gap or (TOO_FEW if few else None)
    share = None if gap else measure.share
    rough = not exact and dimension in OF_RULES
    if rough and share is not None:
        share = min(share, MOST)
    step = _WHOLE if rough else _TENTH
    return ReportedDimension(
        id=dimension,
        share=None if share is None else share.quantize(step, ROUND_FLOOR),
        gap=gap,
        measure=measure if gap is None and (exact or dimension not in OF_RULES) else None,
    )


def check_title(contract: Contract, one: DimensionCheck) -> Text:
    """What is wrong: a rule says it in its title, that of the key names its fields."""
    return rule_title(contract, KEY) if one.id == KEY else FAILED.get(one.id, one.title)


def rule_title(contract: Contract, rule_id: str) -> Text:
    """What a rule says; that of the primary key names its fields."""
    title = contract.title_of(rule_id)
    if not rule_id.startswith("key."):
        return title
    fields = [f.title for f in contract.fields if f.name in contract.key]
    zh, en = "、".join(f.zh for f in fields), ", ".join(f.en for f in fields)
    return Text(f"{title.zh}（{zh}）", f"{title.en} ({en})")
