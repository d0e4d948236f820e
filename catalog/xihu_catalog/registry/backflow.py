"""Reads the list of what business systems return to departments of the lower area (回流).

Source: Order 809 art. 24. Each line becomes a standing grant of the kind `backflow`; a line that is
taken out takes its grant away.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Annotated

from pydantic import StringConstraints, TypeAdapter

from xihu_catalog.contracts.model import Contract
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.people import ORGANISATIONS, organisations
from xihu_catalog.registry.reading import (
    BothLanguages,
    ContentPart,
    check_unique,
    read_content,
)
from xihu_platform.regions import Region
from xihu_platform.words import Text

BACKFLOW = "backflow.yaml"
ENDLESS = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Flow:
    """One line: which system returns which dataset to which department, for which duty."""

    id: str
    system: Text
    runs: str
    """USCC of the organisation above that runs the system."""
    dataset: str | None
    """None where the system returns nothing yet."""
    to: str
    """USCC of the department below."""
    duty: Text
    valid_from: date


class _Flow(ContentPart):
    id: Annotated[str, StringConstraints(pattern=r"^BF-[A-Z0-9-]{1,28}$")]
    system: BothLanguages
    runs: str
    dataset: str | None = None
    to: str
    duty: BothLanguages
    valid_from: date


class _Flows(ContentPart):
    flows: list[_Flow] = []


@lru_cache
def flows() -> tuple[Flow, ...]:
    """In the order of the file; none where there is no file. Raises BadRegistry."""
    path = registry_folder() / BACKFLOW
    raw = read_content(path, TypeAdapter(_Flows), _Flows())
    check_unique(path, "id", (one.id for one in raw.flows))
    return tuple(
        Flow(
            one.id,
            one.system.text(),
            one.runs,
            one.dataset,
            one.to,
            one.duty.text(),
            one.valid_from,
        )
        for one in raw.flows
    )


def flow_faults(contracts: Mapping[str, Contract]) -> Iterator[tuple[str, Text]]:
    """What is wrong with a line, by its id."""
    known = organisations()
    for flow in flows():
        for uscc in (one for one in (flow.runs, flow.to) if one not in known):
            yield (
                flow.id,
                Text(
                    f"机构 {uscc} 不在 {ORGANISATIONS} 中",
                    f"the organisation {uscc} is not in {ORGANISATIONS}",
                ),
            )
        above, below = known.get(flow.runs), known.get(flow.to)
        if above and below and not is_below(below.region, above.region):
            yield (
                flow.id,
                Text(
                    "只回流到系统运行单位所在地区的下级部门",
                    "data returns to a department of an area below that of whoever runs the system",
                ),
            )
        if flow.dataset is not None:
            yield from ((flow.id, words) for words in _dataset_faults(flow, contracts))


def _dataset_faults(flow: Flow, contracts: Mapping[str, Contract]) -> Iterator[Text]:
    contract = contracts.get(flow.dataset or "")
    if contract is None:
        yield Text(
            f"没有数据集 {flow.dataset} 的契约",
            f"there is no contract of the dataset {flow.dataset}",
        )
        return
    if not any(one.region for one in contract.fields):
        yield Text(
            f"数据集 {flow.dataset} 没有标明地区的字段（region: true），无法只回流本地区的记录",
            f"{flow.dataset} has no field of the region (region: true): nothing would confine it "
            "to the department's own area",
        )
    if "aggregate_only" in contract.share_rules:
        yield Text(
            f"数据集 {flow.dataset} 只提供聚合结果，不能按记录回流",
            f"{flow.dataset} is shared in aggregates alone: it cannot be returned row by row",
        )
    if contract.share_class == "refused":
        yield Text(f"数据集 {flow.dataset} 不予共享", f"{flow.dataset} is not shared by law")


def is_below(region: str, above: str) -> bool:
    """Whether a region lies within another and is not the same.

    >>> is_below("330106", "330000"), is_below("330000", "330000"), is_below("330106", "330200")
    (True, False, False)
    """
    return region != above and region.startswith(Region(above).prefix)
