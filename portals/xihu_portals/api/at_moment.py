"""The versions that a caller may know of, and the one that was the newest at a moment."""

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import TypeAdapter, ValidationError

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.versions import DatasetVersion, gone_error, without_ground
from xihu_catalog.registry.people import answered_for
from xihu_platform.access.decision import Allow
from xihu_platform.access.policy import Purpose
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


def snapshot_at(
    services: Services, caller: Principal, dataset: str, purpose: Purpose, moment: datetime
) -> int:
    """The snapshot that was the newest at a moment; without a zone it is of Beijing time.

    Raises NotFound where there was none, and Erased or Expired where it is gone.
    """
    contract = services.catalogue.contracts.get(dataset)
    at, first = in_beijing(moment), None
    for one in versions_of(services, caller, contract, purpose):
        if one.loaded_at is None:
            continue
        if one.loaded_at > at:
            first = one.loaded_at
            continue
        if one.fate != "kept":
            raise gone_error(dataset, one)
        return one.snapshot_id
    raise _before_the_first(contract, at, first)


def _before_the_first(contract: Contract, at: datetime, first: datetime | None) -> NotFound:
    """`first`: when the oldest version that is known here was loaded."""
    said, oldest = (
        Text(moment_words(one, "zh"), moment_words(one, "en")) if one else None
        for one in (at, first)
    )
    assert said is not None
    since = (
        Text(f"最早的版本装载于{oldest.zh}", f"the first version is of {oldest.en}")
        if oldest
        else Text("没有可查的版本", "no version is known here")
    )
    name, title = contract.dataset, contract.title
    return NotFound(
        f"“{title.zh}”（{name}）在{said.zh}还没有数据：{since.zh}",
        f"“{title.en}” ({name}) had no data at {said.en}: {since.en}",
    )


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
    """What `snapshot` or `as_of` asks for. Raises BadInput for both."""
    if as_of is None:
        return snapshot
    if snapshot is not None:
        raise BadInput("snapshot 和 as_of 只能写一个", "give either snapshot or as_of, not both")
    return snapshot_at(services, caller, dataset, purpose, as_of)
