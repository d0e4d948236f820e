"""A lawful erasure in the log: a person's pseudonyms go, every other entry stays provable.

What an entry's bytes say of its subjects is the root over salted leaves. The leaf stays, subject
and salt are destroyed; an entry of its own tells of the erasure, on which law, and which leaves it
took. What somebody filtered by, where it names the person, is destroyed with its key. Source: PIPL
art. 47. Rows of the first format have no leaf: they are deleted, and the entry names theirs.
"""

from collections.abc import Iterable

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from xihu_platform.audit.entries import Erasure
from xihu_platform.audit.log import AuditLog
from xihu_platform.audit.models import (
    AuditCounted,
    AuditEntry,
    AuditPin,
    AuditRegion,
    AuditSubject,
)
from xihu_platform.audit.walk import erased_root
from xihu_platform.database import erases, transaction

Place = tuple[int, int]


def erase_subject(
    database: Engine,
    log: AuditLog,
    dataset: str,
    forms: tuple[str, ...],
    legal_ground: str,
    *,
    pins: Iterable[str] = (),
) -> int:
    """Destroy what the log of one dataset holds on a person; returns from how many entries.

    `forms` are all pseudonyms the person has had, `pins` the digests of the pins whose predicates
    name them. Nothing is written where there is nothing to take. Raises AuditUnavailable.
    """
    digests = sorted(pins)
    with transaction(database) as session:
        mine = _rows(session, dataset, forms)
        leaves = [f"{r.seq}:{r.place}:{r.leaf.hex()}" for r in mine if r.leaf is not None]
        places: list[Place] = [(r.seq, r.place) for r in mine]
    if not places and not digests:
        return 0
    erasure = Erasure(
        dataset=dataset,
        root=erased_root(leaves),
        pins=frozenset(digests),
        first_format=frozenset(r.seq for r in mine if r.leaf is None),
        law=legal_ground,
        entries=len({seq for seq, _ in places}),
        leaves=len(leaves),
    )
    number = log.record(erasure.entry())
    with transaction(database) as session:
        erases(session)
        for seq, place in places:
            one = (AuditSubject.seq == seq, AuditSubject.place == place)
            session.execute(
                update(AuditSubject)
                .where(*one, AuditSubject.leaf.is_not(None))
                .values(subject=None, salt=None, erased_by=number)
            )
            session.execute(delete(AuditSubject).where(*one, AuditSubject.leaf.is_(None)))
        session.execute(
            update(AuditPin).where(AuditPin.digest.in_(digests)).values(key=None, question=None)
        )
        for table in (AuditRegion, AuditCounted):
            session.execute(delete(table).where(table.subject.in_(forms)))
    return len({seq for seq, _ in places})


def _rows(session: Session, dataset: str, forms: tuple[str, ...]) -> list[AuditSubject]:
    return list(
        session.scalars(
            select(AuditSubject)
            .join(AuditEntry, AuditEntry.seq == AuditSubject.seq)
            .where(AuditEntry.dataset == dataset, AuditSubject.subject.in_(forms))
        )
    )
