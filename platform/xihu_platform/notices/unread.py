"""待阅: what happened in somebody's matters and they have not read yet; marking it as read.

Reading is each person's own: what one has read still waits for their colleagues.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Engine,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from xihu_platform.database import transaction
from xihu_platform.errors import NotFound
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.command import NUMBER_LIMIT
from xihu_platform.matters.definition import Definition
from xihu_platform.matters.kernel import Matters
from xihu_platform.matters.models import MatterEventRow, MatterRow
from xihu_platform.matters.who import Doer
from xihu_platform.matters.work import keys_of
from xihu_platform.notices.models import NoticeReadRow, NoticeRow
from xihu_platform.notices.telling import ANY, POSITION

LIMIT = 50
"""Lines on a page."""
COUNT_LIMIT = 1000
"""More than so many unread ones are not counted."""
KEPT_AFTER_READING = timedelta(days=30)
"""From when the first of its readers has read it; then a notice is deleted."""
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One event that somebody is told of; the words are its kind's."""

    id: int
    matter: int
    number: str
    definition: Definition
    about: str | None
    seq: int
    event: str
    state: str
    """That it led to."""
    data: Mapping[str, Any]
    """Any: codes, days and numbers, by name: of a reminder its duty and mark."""
    at: datetime


@dataclass(frozen=True, slots=True)
class UnreadNotices:
    lines: tuple[NoticeLine, ...]
    more: bool
    """Whether there are others after these."""


def read_notices(matters: Matters, principal: Principal, offset: int = 0) -> UnreadNotices:
    """One page of what somebody has not read, the newest first."""
    event, row = MatterEventRow, MatterRow
    with transaction(matters.database) as session:
        wanted = _unread(session, matters, principal)
        query = (
            wanted.add_columns(
                *(row.kind, row.definition, row.about),
                *(event.matter, event.seq, event.state, event.data, NoticeRow.event),
                NoticeRow.created_at,
            )
            .join(row, row.id == NoticeRow.matter)
            .order_by(NoticeRow.id.desc())
            .limit(LIMIT + 1)
            .offset(offset)
        )
        rows = session.execute(query).all()
        lines = tuple(_line(matters.book.get(session, one[1], one[2]), one) for one in rows[:LIMIT])
    return UnreadNotices(lines, more=len(rows) > LIMIT)


def count_unread(matters: Matters, principal: Principal) -> int:
    """Up to `COUNT_LIMIT`."""
    with transaction(matters.database) as session:
        wanted = _unread(session, matters, principal).limit(COUNT_LIMIT)
        return session.scalar(select(func.count()).select_from(wanted.subquery())) or 0


def unread_matters(matters: Matters, principal: Principal) -> frozenset[int]:
    """The matters in which something has happened that somebody has not seen; of `COUNT_LIMIT`
    notices, the newest."""
    with transaction(matters.database) as session:
        wanted = _unread(session, matters, principal)
        newest = wanted.with_only_columns(NoticeRow.matter).order_by(NoticeRow.id.desc())
        return frozenset(session.scalars(newest.limit(COUNT_LIMIT)))


def mark_read(matters: Matters, principal: Principal, notice: int) -> None:
    """Raises NotFound for one that is not for them, as for one that does not exist."""
    with transaction(matters.database) as session:
        mine = _for(session, matters, principal)
        one = select(NoticeRow.id).where(NoticeRow.id == notice, mine)
        found = 0 < notice <= NUMBER_LIMIT and session.scalar(one) is not None
    if not found:
        raise NotFound(
            f"没有编号为 {notice} 的待阅通知，或不是发给您的",
            f"there is no notice {notice}, or it is not for you",
        )
    _mark(matters, principal, NoticeRow.id == notice)


def mark_all_read(matters: Matters, principal: Principal, up_to: int) -> None:
    """All up to the number of the newest that they have seen: what came since is still unread."""
    _mark(matters, principal, NoticeRow.id <= min(max(up_to, 0), NUMBER_LIMIT))


def mark_matter_read(matters: Matters, principal: Principal, matter: int) -> None:
    """All of one matter: whoever has opened its page has seen what happened."""
    _mark(matters, principal, NoticeRow.matter == matter)


def forget_read(database: Engine, now: datetime) -> int:
    """Delete notices that were read long ago; how many there were."""
    gone = 0
    long_ago = NoticeReadRow.at < now - KEPT_AFTER_READING
    while True:
        with transaction(database) as session:
            query = select(NoticeReadRow.notice).where(long_ago).distinct().limit(AT_ONCE)
            ids = session.scalars(query).all()
            session.execute(delete(NoticeReadRow).where(NoticeReadRow.notice.in_(ids)))
            session.execute(delete(NoticeRow).where(NoticeRow.id.in_(ids)))
        gone += len(ids)
        if len(ids) < AT_ONCE:
            return gone


def _mark(matters: Matters, principal: Principal, which: ColumnElement[bool]) -> None:
    at = literal(matters.clock(), NoticeReadRow.at.type)
    try:
        with transaction(matters.database) as session:
            wanted = _unread(session, matters, principal).where(which)
            if session.scalar(wanted.limit(1)) is None:  # asked first: a page that is only read
                return  # takes no lock for writing
            rows = wanted.add_columns(literal(principal.id), at)
            session.execute(insert(NoticeReadRow).from_select(["notice", "sub", "at"], rows))
    except IntegrityError:  # two pages of one person at this moment: the other has marked them
        return


def _unread(session: Session, matters: Matters, principal: Principal) -> Select[int]:
    event, read = MatterEventRow, NoticeReadRow
    has_read = exists().where(read.notice == NoticeRow.id, read.sub == principal.id)
    return (
        select(NoticeRow.id)
        .join(event, and_(event.matter == NoticeRow.matter, event.seq == NoticeRow.seq))
        .where(_for(session, matters, principal), ~has_read, event.sub != principal.id)
    )


def _for(session: Session, matters: Matters, principal: Principal) -> ColumnElement[bool]:
    """Whether a notice is for somebody, in all they may act as, and within their mandate."""
    as_whom = matters.doers(session, principal)
    mine = _addressed(principal, as_whom)
    if (within := matters.within(session, principal)) is not None:
        return and_(mine, NoticeRow.matter.in_(within))
    return mine


def _addressed(principal: Principal, as_whom: Collection[Doer]) -> ColumnElement[bool]:
    found = [
        and_(
            NoticeRow.recipient == doer.position.organisation,
            or_(
                NoticeRow.position == doer.position.id,
                *(_is_for(duty) for duty in (ANY, *sorted(doer.position.duties))),
                _is_for(POSITION + doer.position.id),
            ),
        )
        for doer in as_whom
        if doer.position is not None
    ]
    if principal.kind == "citizen" and as_whom:
        found.append(and_(NoticeRow.recipient.in_(keys_of(principal, as_whom)), _is_for(ANY)))
    return or_(*found) if found else NoticeRow.id.is_(None)


def _is_for(duty: str) -> ColumnElement[bool]:
    return NoticeRow.duties.contains(f" {duty} ", autoescape=True)


def _line(definition: Definition, row: Any) -> NoticeLine:
    # Any: a row of a query that has no type of its own
    return NoticeLine(
        id=row[0],
        matter=row.matter,
        number=definition.number(row.matter),
        definition=definition,
        about=row.about,
        seq=row.seq,
        event=row.event,
        state=row.state,
        data=row.data,
        at=row.created_at,
    )
