"""Who used my data: the entries that showed one person's records, newest first."""

from dataclasses import dataclass
from datetime import datetime

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


def uses_of(
    database: Engine, subject: str, *, before: int | None = None, limit: int = 50
) -> list[Use]:
    """Reads whose rows held `subject`; `before` is the sequence number a page ends at."""
    query = (
        select(AuditEntry)
        .join(AuditSubject, AuditSubject.seq == AuditEntry.seq)
        .where(AuditSubject.subject == subject)
        .order_by(AuditEntry.seq.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(AuditEntry.seq < before)
    with transaction(database) as session:
        return [_use(entry) for entry in session.scalars(query)]


def shows(database: Engine, seq: int, subject: str) -> bool:
    """Whether an entry is about this person: only then may they have its proof."""
    with transaction(database) as session:
        return session.get(AuditSubject, (seq, subject)) is not None


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
