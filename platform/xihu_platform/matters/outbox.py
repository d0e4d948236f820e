"""Doing what events promised: each once at its receiver, in order within a matter.

A row is claimed with a lease, so that a process that dies gives it back; its id is the key by
which the receiver knows it again. A receiver that fails is asked again, later and later; after
so many times the row is marked failed, for a person to see.
"""

import logging
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from xihu_platform.database import transaction
from xihu_platform.matters.engine import MatterEngine
from xihu_platform.matters.models import OutboxRow
from xihu_platform.telemetry.logs import failure_facts

T = TypeVar("T")
log = logging.getLogger("xihu.matters")
LEASE = timedelta(minutes=2)
ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=30)
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Promised:
    """One effect to be done; `key` is the same whenever it is tried."""

    key: int
    matter: int
    seq: int
    effect: str
    payload: Mapping[str, Any]
    """Any: codes and numbers, by name."""
    attempts: int
    lease_until: datetime


Wait = Callable[[], object]
Receiver = Callable[[Promised], Wait | None]
"""One that gives back what waits for its end has several under way at once."""


@dataclass(frozen=True, slots=True)
class Delivered:
    done: int = 0
    failed: int = 0
    """Tried in vain; they are tried again but for those that were tried often enough."""


def deliver(
    matters: MatterEngine, receivers: Mapping[str, Receiver], within_s: float = math.inf
) -> Delivered:
    """Hand every promise that waits to its receiver. Promises without a receiver wait on, and after
    so many seconds all that are not begun: while others promise more, there is no last one."""
    done, failed, end = 0, 0, monotonic() + within_s
    while monotonic() < end and (claimed := _claim(matters, sorted(receivers))):
        under_way: list[tuple[Promised, Wait]] = []
        for place, promised in enumerate(claimed):
            if matters.clock() >= promised.lease_until:
                continue  # it may be another's by now
            if monotonic() >= end:
                _leave(matters, claimed[place:])
                break
            begun, wait = _try(partial(receivers[promised.effect], promised))
            if wait is not None:
                under_way.append((promised, wait))
            elif begun:
                done += _write(matters, [promised], state="delivered", lease_until=None)
            else:
                failed += _give_back(matters, promised)
        ended = [(promised, _try(wait)[0]) for promised, wait in under_way]
        done += _write(
            matters, [one for one, well in ended if well], state="delivered", lease_until=None
        )
        failed += sum(_give_back(matters, one) for one, well in ended if not well)
    return Delivered(done, failed)


def _leave(matters: MatterEngine, promises: Collection[Promised]) -> None:
    """Claimed and not tried: as if nobody had claimed them."""
    row = OutboxRow
    with transaction(matters.database) as session:
        for one in promises:
            mine = update(row).where(row.id == one.key, row.attempts == one.attempts)
            left = mine.values(state="created", lease_until=None, attempts=one.attempts - 1)
            session.execute(left.execution_options(synchronize_session=False))


def _try(action: Callable[[], T]) -> tuple[bool, T | None]:
    """Whatever a receiver raises keeps no other promise waiting."""
    try:
        return True, action()
    except Exception as fault:
        log.warning("a promise was not delivered", extra=failure_facts(fault))
        return False, None


def _free(now: datetime) -> ColumnElement[bool]:
    """It waits, or whoever had claimed it is gone, or has to wait no longer."""
    lapsed = or_(OutboxRow.lease_until.is_(None), OutboxRow.lease_until <= now)
    return and_(OutboxRow.state.in_(["created", "claimed"]), lapsed)


def _claim(matters: MatterEngine, effects: list[str]) -> list[Promised]:
    now = matters.clock()
    earlier = aliased(OutboxRow)
    first_of_matter = ~exists().where(
        earlier.matter == OutboxRow.matter,
        earlier.id < OutboxRow.id,
        earlier.effect.in_(effects),
        earlier.state.in_(["created", "claimed"]),
    )
    query = select(OutboxRow).where(_free(now), OutboxRow.effect.in_(effects), first_of_matter)
    with transaction(matters.database) as session:
        rows = session.scalars(query.order_by(OutboxRow.id).limit(AT_ONCE)).all()
        return [_promised(row, now + LEASE) for row in rows if _take(session, row, now)]


def _take(session: Session, row: OutboxRow, now: datetime) -> bool:
    taken = (
        update(OutboxRow)
        .where(OutboxRow.id == row.id, _free(now), OutboxRow.attempts == row.attempts)
        .values(state="claimed", lease_until=now + LEASE, attempts=row.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    return bool(session.execute(taken).rowcount)  # type: ignore[attr-defined]  # a CursorResult


def _promised(row: OutboxRow, until: datetime) -> Promised:
    return Promised(row.id, row.matter, row.seq, row.effect, row.payload, row.attempts + 1, until)


def _give_back(matters: MatterEngine, promised: Promised) -> int:
    """One that failed."""
    if promised.attempts >= ATTEMPTS:
        _write(matters, [promised], state="failed", lease_until=None)
        return 1
    wait = FIRST_WAIT * 2 ** (promised.attempts - 1)
    _write(matters, [promised], state="created", lease_until=matters.clock() + wait)
    return 1


def _write(
    matters: MatterEngine, promises: list[Promised], *, state: str, lease_until: datetime | None
) -> int:
    """Only by whoever claimed them: a lease that ran out was given to another. How many were."""
    if not promises:
        return 0
    row = OutboxRow
    with transaction(matters.database) as session:
        return sum(
            session.execute(
                update(row)
                .where(row.id == one.key, row.attempts == one.attempts)
                .values(state=state, lease_until=lease_until)
                .execution_options(synchronize_session=False)
            ).rowcount  # type: ignore[attr-defined]  # a CursorResult
            for one in promises
        )
