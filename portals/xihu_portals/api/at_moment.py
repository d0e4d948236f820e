"""The versions that a caller may know of, and the one that was the newest at a moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Query
from pydantic import TypeAdapter, ValidationError

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.versions import DatasetVersion, gone_error, without_ground
from xihu_catalog.registry.people import answered_for
from xihu_platform.access.decision import Allow
from xihu_platform.access.policy import Purpose
from xihu_platform.brain.service import check_decision
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.clock import SHANGHAI
from xihu_platform.errors import BadInput, NotFound
from xihu_platform.identity.principal import Principal
from xihu_platform.words import Text
from xihu_portals.services import Services
from xihu_portals.web.formats import moment as moment_words

AsOfMoment = Annotated[
    datetime | None,
    Query(description="The snapshot of this moment, Beijing time if it names no zone"),
]

_MOMENT = TypeAdapter(datetime)
MOMENT_LENGTH = 64
CLOCKS_APART = timedelta(minutes=5)
"""So far may a caller's clock be ahead."""
METRIC_READ = Purpose("open")
"""For which a metric's dataset is looked at: the metric's own audience is decided before."""


def versions_of(
    services: Services, caller: Principal, contract: Contract, purpose: Purpose
) -> list[DatasetVersion]:
    """The versions as the caller may know them."""
    every = services.versions.every(contract, caller)
    if may_read(services, caller, contract, purpose):
        return every
    return [without_ground(one) for one in every]


def find_version(
    services: Services, caller: Principal, contract: Contract, purpose: Purpose, snapshot: int
) -> DatasetVersion | None:
    """One version, kept or gone, as the caller may know it."""
    found = services.versions.find(contract, caller, snapshot)
    if found is None or may_read(services, caller, contract, purpose):
        return found
    return without_ground(found)


def may_read(services: Services, caller: Principal, contract: Contract, purpose: Purpose) -> bool:
    return isinstance(services.gateway.decide(caller, contract.dataset, purpose), Allow)


def is_told_counts(
    services: Services, caller: Principal, contract: Contract, purpose: Purpose
) -> bool:
    """Whether exact numbers of records are for this reader: who reads the rows, provides the data
    or answers for its quality. For others those of persons and firms are rough: from one load to
    the next exact ones would show single records, which metrics hide."""
    position = caller.position
    if position is None:
        return False
    return contract.provider in answered_for(position) or may_read(
        services, caller, contract, purpose
    )


def unreadable_fields(
    services: Services, caller: Principal, contract: Contract, purpose: Purpose
) -> frozenset[str]:
    """The fields of persons or firms that this reader may not read, and of which they get no exact
    numbers; none for who provides the data or answers for its quality."""
    policy, position = services.gateway.policy(contract.dataset), caller.position
    if not policy.is_keyed or position is None:
        return policy.closed_fields
    if contract.provider in answered_for(position):
        return frozenset()
    decision = services.gateway.decide(caller, contract.dataset, purpose)
    if not isinstance(decision, Allow):
        return policy.closed_fields
    return frozenset(one.name for one in decision.fields if one.treatment is None)


@dataclass(frozen=True, slots=True)
class BeforeFirst:
    """A moment at which a dataset had no version yet."""

    contract: Contract
    at: datetime
    first: datetime | None
    """When the oldest version known to the caller was loaded; None where none is known."""

    @property
    def since(self) -> Text:
        if self.first is None:
            return Text("没有可查的版本", "no version is known here")
        first = moment_text(self.first)
        return Text(f"最早的版本装载于{first.zh}", f"the first version is of {first.en}")

    def error(self) -> NotFound:
        name, title, at = self.contract.dataset, self.contract.title, moment_text(self.at)
        return NotFound(
            f"“{title.zh}”（{name}）在{at.zh}还没有数据：{self.since.zh}",
            f"“{title.en}” ({name}) had no data at {at.en}: {self.since.en}",
        )


def moment_text(at: datetime) -> Text:
    return Text(moment_words(at, "zh"), moment_words(at, "en"))


def find_at(
    services: Services, caller: Principal, dataset: str, purpose: Purpose, moment: datetime
) -> int | BeforeFirst:
    """The snapshot that was the newest at a moment; without a zone it is of Beijing time.

    Only for a caller about whom it is decided already: whether there was a version says something
    about the dataset. Raises Erased or Expired where it is gone, BadInput for what is to come.
    """
    contract = services.catalogue.contracts.get(dataset)
    at, first = in_beijing(moment), None
    if at > services.node.clock() + CLOCKS_APART:
        said = moment_text(at)
        raise BadInput(
            f"{said.zh}还没有到，请写现在或以前的时刻（as_of）；不写就是最新的数据",
            f"{said.en} is yet to come: give a moment until now (as_of); without one you get the "
            "newest data",
        )
    for one in versions_of(services, caller, contract, purpose):
        if one.loaded_at is None:
            continue
        if one.loaded_at > at:
            first = one.loaded_at
            continue
        if one.fate != "kept":
            raise gone_error(dataset, one)
        return one.snapshot_id
    return BeforeFirst(contract, at, first)


def moment_of(text: str) -> datetime | None:
    """A moment as a page's address has it; None of an empty one. Raises BadInput."""
    if not text:
        return None
    try:
        return _MOMENT.validate_python(text[:MOMENT_LENGTH])
    except ValidationError:
        raise BadInput(
            f"as_of 的“{text[:40]}”不是时间，请写作 2026-11-23T08:00（北京时间）",
            f"“{text[:40]}” in as_of is no time: write 2026-11-23T08:00, in Beijing time",
        ) from None


def in_beijing(moment: datetime) -> datetime:
    """Without a zone it is of Beijing time. Raises BadInput for one that no calendar has there."""
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)).astimezone(SHANGHAI)
    except OverflowError:
        raise BadInput(
            "as_of 超出了日历的范围，请核对年份",
            "as_of is beyond what a calendar has: check its year",
        ) from None


def one_snapshot(
    services: Services,
    caller: Principal,
    dataset: str,
    purpose: Purpose,
    snapshot: int | None,
    as_of: datetime | None,
) -> int | None:
    """What `snapshot` or `as_of` asks for, of rows. A moment is looked up only for a caller who may
    read the dataset: raises Refused, which is then in the log as that of any read.

    Raises BadInput for both, NotFound for a moment before the first version, Erased, Expired.
    """
    if as_of is None:
        return snapshot
    check_not_both(snapshot)
    services.gateway.check(caller, dataset, purpose)
    return _found(find_at(services, caller, dataset, purpose, as_of))


def metric_snapshot(
    services: Services,
    caller: Principal,
    spec: MetricSpec,
    snapshot: int | None,
    as_of: datetime | None,
) -> int | None:
    """The same for a metric, which is decided by its audience."""
    if as_of is None:
        return snapshot
    check_not_both(snapshot)
    check_decision(services.gateway, caller, spec)
    return _found(find_at(services, caller, spec.dataset, METRIC_READ, as_of))


def check_not_both(snapshot: int | None) -> None:
    """Of the snapshot beside a moment. Raises BadInput where there is one."""
    if snapshot is not None:
        raise BadInput("snapshot 和 as_of 只能写一个", "give either snapshot or as_of, not both")


def _found(found: int | BeforeFirst) -> int:
    if isinstance(found, BeforeFirst):
        raise found.error()
    return found
