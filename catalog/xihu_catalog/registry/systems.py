"""Reads the ledger of information systems (信息系统台账): who runs a system, since when, and the
datasets that it feeds.

A system without a published entry is listed as not catalogued (`datasets/uncatalogued.py`).
"""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Annotated

from pydantic import StringConstraints, TypeAdapter

from xihu_catalog.registry.attestations import attestations
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.people import ORGANISATIONS, organisations
from xihu_catalog.registry.reading import (
    BothLanguages,
    ContentPart,
    check_unique,
    read_content,
)
from xihu_platform.words import Text

SYSTEMS = "systems.yaml"


@dataclass(frozen=True, slots=True)
class InformationSystem:
    """One system of the ledger."""

    id: str
    title: Text
    organisation: str
    """USCC of the department that runs it."""
    since: date
    datasets: tuple[str, ...]
    """Ids of the contracts whose data comes from it, and of attestations (`attested-…`)."""
    ended: date | None = None
    """The first day on which it is no longer in use."""

    def is_in_use(self, today: date) -> bool:
        return self.since <= today and (self.ended is None or today < self.ended)


@dataclass(frozen=True, slots=True)
class SystemFault:
    """What is wrong with a system; `named` is the value that is wrong."""

    system: str
    named: str
    words: Text


class _System(ContentPart):
    id: Annotated[str, StringConstraints(pattern=r"^IS-[A-Z0-9-]{1,28}$")]
    title: BothLanguages
    organisation: str
    since: date
    datasets: list[str] = []
    ended: date | None = None


class _Systems(ContentPart):
    systems: list[_System] = []


@lru_cache
def information_systems() -> tuple[InformationSystem, ...]:
    """In the order of the file; none where there is no file. Raises BadRegistry."""
    path = registry_folder() / SYSTEMS
    raw = read_content(path, TypeAdapter(_Systems), _Systems())
    check_unique(path, "id", (one.id for one in raw.systems))
    return tuple(
        InformationSystem(
            one.id,
            one.title.text(),
            one.organisation,
            one.since,
            tuple(dict.fromkeys(one.datasets)),
            one.ended,
        )
        for one in raw.systems
    )


def system_faults(datasets: Set[str]) -> Iterator[SystemFault]:
    """What a system names that is not there. `datasets`: the ids of all contracts."""
    known = datasets | {one.entry for one in attestations()}
    for one in information_systems():
        if one.organisation not in organisations():
            words = Text(
                f"机构 {one.organisation} 不在 {ORGANISATIONS} 中",
                f"the organisation {one.organisation} is not in {ORGANISATIONS}",
            )
            yield SystemFault(one.id, one.organisation, words)
        for name in one.datasets:
            if name not in known:
                words = Text(
                    f"没有数据集 {name} 的契约", f"there is no contract of the dataset {name}"
                )
                yield SystemFault(one.id, name, words)
        if one.ended is not None and one.ended < one.since:
            words = Text(
                f"ended {one.ended} 早于 since {one.since}，请改正",
                f"ended {one.ended} is before since {one.since}: correct them",
            )
            yield SystemFault(one.id, str(one.ended), words)
