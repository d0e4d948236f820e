"""Who used my data: the entries that showed one person's records, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import orjson
from sqlalchemy import Engine, func, select

from xihu_platform.audit.models import AuditEntry, AuditSubject
from xihu_platform.database import transaction


@dataclass(frozen=True, slots=True)
class Use:
    """One read that showed a person's record."""

    seq: int
    at: datetime
    dataset: str
    organisation: str | None
    position: str | None
    person: str
    purpose: str
    case_number: str | None
    basis: str
    basis_en: str
    fields: tuple[str, ...]
    exit: str


@dataclass(frozen=True, slots=True)
class UseFilter:
    """Which uses are wanted: of one dataset, by one organisation, by others than oneself."""

    dataset: str | None = None
    organisation: str | None = None
    others_than: str | None = None
    """Leaves out what this person looked at in no office."""

    def keeps(self, use: Use) -> bool:
        """What SQL cannot ask: who read stands only in the hashed body."""
        own = use.organisation is None and use.person == self.others_than
        return self.others_than is None or not own


EVERY_USE = UseFilter()
BATCH = 500


def uses_of(
    database: Engine,
    forms: tuple[str, ...],
    *,
    before: int | None = None,
    limit: int = 50,
    wanted: UseFilter = EVERY_USE,
) -> list[Use]:
    """Reads whose rows held a person, by every pseudonym that they have had (`forms`).

    `before` is the sequence number a page ends at.
    """
    return list(islice(_uses(database, forms, before, wanted, BATCH), limit))


def _uses(
    database: Engine, forms: tuple[str, ...], before: int | None, wanted: UseFilter, batch: int
) -> Iterator[Use]:
    """Batch by batch, newest first."""
    query = (
        select(AuditEntry)
        .join(AuditSubject, AuditSubject.seq == AuditEntry.seq)
        .where(AuditSubject.subject.in_(forms))
        .order_by(AuditEntry.seq.desc())
        .limit(batch)
    )
    if wanted.dataset is not None:
        query = query.where(AuditEntry.dataset == wanted.dataset)
    if wanted.organisation is not None:
        query = query.where(AuditEntry.organisation == wanted.organisation)
    while True:
        page = query if before is None else query.where(AuditEntry.seq < before)
        with transaction(database) as session:
            uses = [_use(entry) for entry in session.scalars(page)]
        yield from filter(wanted.keeps, uses)
        if len(uses) < batch:
            return
        before = uses[-1].seq


def used_by(database: Engine, forms: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The datasets and the organisations among all reads that showed this person, sorted."""
    query = (
        select(AuditEntry.dataset, AuditEntry.organisation)
        .join(AuditSubject, AuditSubject.seq == AuditEntry.seq)
        .where(AuditSubject.subject.in_(forms))
        .distinct()
    )
    with transaction(database) as session:
        pairs = session.execute(query).all()
    datasets = sorted({str(dataset) for dataset, _ in pairs})
    return tuple(datasets), tuple(sorted({str(o) for _, o in pairs if o is not None}))


def shows(database: Engine, seq: int, forms: tuple[str, ...]) -> bool:
    """Whether an entry is about this person: only then may they have its proof."""
    with transaction(database) as session:
        return any(session.get(AuditSubject, (seq, form)) is not None for form in forms)


def _use(entry: AuditEntry) -> Use:
    body = orjson.loads(entry.body)
    return Use(
        seq=entry.seq,
        at=entry.at,
        dataset=entry.dataset,
        organisation=entry.organisation,
        position=body.get("position"),
        person=str(body.get("principal", "")),
        purpose=str(body.get("purpose", "")),
        case_number=body.get("case"),
        basis=str(body.get("basis", "")),
        basis_en=str(body.get("basis_en", "")),
        fields=tuple(body.get("fields", ())),
        exit=str(body.get("exit", "")),
    )


@dataclass(frozen=True, slots=True)
class UserOrganisation:
    """An organisation that read a dataset, how often, and when last."""

    organisation: str
    reads: int
    last_at: datetime


def users_of(database: Engine, dataset: str, limit: int = 20) -> list[UserOrganisation]:
    """Who uses a dataset, the most frequent first; people without an office are not listed."""
    reads = func.count()
    query = (
        select(AuditEntry.organisation, reads, func.max(AuditEntry.at))
        .where(AuditEntry.dataset == dataset, AuditEntry.organisation.is_not(None))
        .group_by(AuditEntry.organisation)
        .order_by(reads.desc(), AuditEntry.organisation)
        .limit(limit)
    )
    with transaction(database) as session:
        rows = session.execute(query).all()
    return [UserOrganisation(str(o), int(n), at) for o, n, at in rows]
