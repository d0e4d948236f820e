"""What waits for whom: read from the open work, the earliest day first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from xihu_platform.identity.principal import Principal
from xihu_platform.matters.models import MatterEventRow, MatterPartyRow, MatterRow, MatterWorkRow
from xihu_platform.matters.who import Doer


@dataclass(frozen=True, slots=True)
class WaitingWork:
    """One matter that waits, for what, since which event, and until when."""

    matter: int
    kind: str
    state: str
    about: str | None
    name: str
    """The state that waits, or `late` and a duty."""
    opened_seq: int
    due_on: date | None

    def overdue(self, today: date) -> bool:
        """Derived: on the last day itself there is time."""
        return self.due_on is not None and today > self.due_on


def waiting(
    session: Session,
    principal: Principal,
    as_whom: Collection[Doer],
    *,
    limit: int = 50,
    offset: int = 0,
) -> list[WaitingWork]:
    """The open work (待办) of somebody, in all they may act as; what has no day comes last."""
    query = _grouped(principal, as_whom).order_by(
        func.min(MatterWorkRow.due_on).is_(None),
        func.min(MatterWorkRow.due_on),
        MatterWorkRow.matter,
    )
    rows = session.execute(query.limit(limit).offset(offset)).all()
    headers = {
        row.id: row
        for row in session.scalars(
            select(MatterRow).where(MatterRow.id.in_({one[0] for one in rows}))
        )
    }
    return [
        WaitingWork(
            matter=matter,
            kind=headers[matter].kind,
            state=headers[matter].state,
            about=headers[matter].about,
            name=name,
            opened_seq=opened,
            due_on=due_on,
        )
        for matter, name, opened, due_on in rows
    ]


def count_waiting(session: Session, principal: Principal, as_whom: Collection[Doer]) -> int:
    query = _grouped(principal, as_whom).order_by(None).subquery()
    return session.scalar(select(func.count()).select_from(query)) or 0


def taken_part(
    session: Session, principal: Principal, as_whom: Collection[Doer], *, limit: int = 50
) -> list[int]:
    """Matters that somebody is a party of, the newest first (我发起的, 已办)."""
    keys = keys_of(principal, as_whom)
    query = (
        select(MatterPartyRow.matter)
        .where(MatterPartyRow.key.in_(keys))
        .distinct()
        .order_by(MatterPartyRow.matter.desc())
    )
    return list(session.scalars(query.limit(limit)))


def acted_in(session: Session, sub: str, *, limit: int = 50) -> list[int]:
    """Matters in which a person has acted (已办), the newest first."""
    query = select(MatterEventRow.matter).where(MatterEventRow.sub == sub).distinct()
    return list(session.scalars(query.order_by(MatterEventRow.matter.desc()).limit(limit)))


def _grouped(principal: Principal, as_whom: Collection[Doer]) -> Select[int, str, int, date | None]:
    return (
        select(
            MatterWorkRow.matter,
            MatterWorkRow.name,
            func.min(MatterWorkRow.opened_seq),
            func.min(MatterWorkRow.due_on),
        )
        .where(MatterWorkRow.closed_seq.is_(None), mine(principal, as_whom))
        .group_by(MatterWorkRow.matter, MatterWorkRow.name)
    )


def mine(principal: Principal, as_whom: Collection[Doer]) -> ColumnElement[bool]:
    queues = [
        and_(
            MatterWorkRow.queue == doer.position.organisation,
            MatterWorkRow.duty.in_(["", *sorted(doer.position.duties)]),
        )
        for doer in as_whom
        if doer.position is not None
    ]
    if principal.kind == "citizen" and as_whom:
        keys = keys_of(principal, as_whom)
        queues.append(and_(MatterWorkRow.queue.in_(keys), MatterWorkRow.duty == ""))
    return or_(*queues) if queues else MatterWorkRow.id.is_(None)


def keys_of(principal: Principal, as_whom: Collection[Doer]) -> list[str]:
    keys = {doer.position.organisation for doer in as_whom if doer.position is not None}
    if principal.kind == "citizen" and as_whom:
        own = principal.mandate.key if principal.mandate else principal.subject
        keys |= {own} if own else set()
    return sorted(keys)
