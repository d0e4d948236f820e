"""Who used my data: the entries about one person's records, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from sqlalchemy import CompoundSelect, Engine, String, cast, func, literal, select, union

from xihu_platform.audit.logged import read_logged
from xihu_platform.audit.models import (
    AuditCounted,
    AuditEntry,
    AuditPin,
    AuditRegion,
    AuditReplay,
    AuditSubject,
)
from xihu_platform.database import transaction


@dataclass(frozen=True, slots=True)
class Use:
    """One read that showed a person's record, or an attempt at one that was refused."""

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
    words: str = ""
    """The purpose in the reader's own words; empty where none were given."""
    refused: str | None = None
    """The code of the reason an attempt was refused for; None for a read."""
    claim: str | None = None
    """The claim that was verified: its answer left, no record did."""


@dataclass(frozen=True, slots=True)
class UseFilter:
    """Which uses are wanted: of one dataset, by one organisation, by others than oneself, under
    some cases alone."""

    dataset: str | None = None
    organisation: str | None = None
    others_than: str | None = None
    """Leaves out what this person looked at in no office."""
    cases: frozenset[str] | None = None

    def keeps(self, use: Use) -> bool:
        """What SQL cannot ask: who read stands only in the hashed body."""
        own = use.organisation is None and use.person == self.others_than
        within = self.cases is None or use.case_number in self.cases
        return within and (self.others_than is None or not own)


EVERY_USE = UseFilter()
BATCH = 500
ASKED = "-"
"""Stands among a person's regions for a snapshot that was asked, whatever it answered."""
REPLAY = "replay:"
"""Begins the name of a read that the first format kept as SQL, where others name a pin."""
READS = ("read", "intent")
"""Kinds of entries that gave something out; a refusal did not."""
TOLD = (*READS, "refusal", "attachment")
"""What a person is told of: an attempt that was refused, too, and a look at a file of theirs."""


def uses_of(
    database: Engine,
    forms: tuple[str, ...],
    *,
    before: int | None = None,
    limit: int = 50,
    wanted: UseFilter = EVERY_USE,
) -> list[Use]:
    """Reads that showed or counted a person, by every pseudonym that they have had (`forms`).

    `before` is the sequence number a page ends at. Pins count as far as they are settled.
    """
    return list(islice(_uses(database, forms, before, wanted, BATCH), limit))


def _about(forms: tuple[str, ...]) -> CompoundSelect[tuple[int]]:
    """The numbers of all entries about a person: those that list them, and of pins the first."""
    listed = select(AuditSubject.seq).where(AuditSubject.subject.in_(forms))
    by_region = (
        select(AuditPin.seq)
        .join(
            AuditRegion,
            (AuditRegion.dataset == AuditPin.dataset)
            & (AuditRegion.snapshot_id == AuditPin.snapshot_id)
            & (AuditRegion.region == AuditPin.region),
        )
        .where(AuditRegion.subject.in_(forms), AuditPin.whole)
    )
    by_predicate = (
        select(AuditPin.seq)
        .join(AuditCounted, AuditCounted.pin == AuditPin.digest)
        .where(AuditCounted.subject.in_(forms), AuditCounted.counted)
    )
    by_replay = (
        select(AuditReplay.seq)
        .join(
            AuditCounted,
            AuditCounted.pin == literal(REPLAY).concat(cast(AuditReplay.seq, String)),
        )
        .where(AuditCounted.subject.in_(forms), AuditCounted.counted)
    )
    return union(listed, by_region, by_predicate, by_replay)


def _uses(
    database: Engine, forms: tuple[str, ...], before: int | None, wanted: UseFilter, batch: int
) -> Iterator[Use]:
    """Batch by batch, newest first."""
    query = (
        select(AuditEntry, AuditPin.body)
        .outerjoin(AuditPin, AuditPin.digest == AuditEntry.pin)
        .where(AuditEntry.seq.in_(_about(forms)), AuditEntry.kind.in_(TOLD))
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
            uses = [_use(entry, pinned) for entry, pinned in session.execute(page)]
        yield from filter(wanted.keeps, uses)
        if len(uses) < batch:
            return
        before = uses[-1].seq


def used_by(database: Engine, forms: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The datasets and the organisations among all reads that showed this person, sorted."""
    query = (
        select(AuditEntry.dataset, AuditEntry.organisation)
        .where(AuditEntry.seq.in_(_about(forms)), AuditEntry.kind.in_(TOLD))
        .distinct()
    )
    with transaction(database) as session:
        pairs = session.execute(query).all()
    datasets = sorted({str(dataset) for dataset, _ in pairs})
    return tuple(datasets), tuple(sorted({str(o) for _, o in pairs if o is not None}))


def shows(
    database: Engine, seq: int, forms: tuple[str, ...], wanted: UseFilter = EVERY_USE
) -> bool:
    """Whether an entry is about this person, and wanted: only then may they have its proof."""
    query = (
        select(AuditEntry, AuditPin.body)
        .outerjoin(AuditPin, AuditPin.digest == AuditEntry.pin)
        .where(AuditEntry.seq == seq, AuditEntry.seq.in_(_about(forms)))
    )
    with transaction(database) as session:
        found = session.execute(query).first()
        return found is not None and wanted.keeps(_use(*found))


def _use(entry: AuditEntry, pinned: bytes | None) -> Use:
    """The entry with what its pin says of the question."""
    said = read_logged(entry.body, pinned)
    return Use(
        seq=entry.seq,
        at=entry.at,
        dataset=entry.dataset,
        organisation=entry.organisation,
        position=said.position,
        person=said.person,
        purpose=said.purpose,
        case_number=said.case,
        basis=said.basis,
        basis_en=said.basis_en,
        fields=said.fields,
        exit=said.exit,
        words=said.words,
        refused=said.refused,
        claim=said.claim,
    )


@dataclass(frozen=True, slots=True)
class UserOrganisation:
    """An organisation that read a dataset: what for, how often, when last."""

    organisation: str
    purposes: tuple[str, ...]
    """Codes of the purposes its reads stated, the most frequent first."""
    reads: int
    refused: int
    """Reads that were refused; they are not among `reads`."""
    last_at: datetime


def users_of(database: Engine, dataset: str, limit: int = 20) -> list[UserOrganisation]:
    """Who uses a dataset, the most frequent first; people without an office are not listed.

    Only what gave something out is a use; who was only refused uses nothing.
    """
    reads = func.count()
    query = (
        select(
            AuditEntry.organisation,
            AuditEntry.kind,
            AuditEntry.purpose,
            reads,
            func.max(AuditEntry.at),
        )
        .where(
            AuditEntry.dataset == dataset,
            AuditEntry.organisation.is_not(None),
            AuditEntry.kind.in_((*READS, "refusal")),
        )
        .group_by(AuditEntry.organisation, AuditEntry.kind, AuditEntry.purpose)
        .order_by(reads.desc())
    )
    with transaction(database) as session:
        rows = session.execute(query).all()
    found: dict[str, UserOrganisation] = {}
    for organisation, kind, purpose, number, last_at in rows:
        name, given = str(organisation), kind in READS
        known = found.get(name, UserOrganisation(name, (), 0, 0, last_at))
        if not given:
            found[name] = replace(known, refused=known.refused + number)
            continue
        found[name] = replace(
            known,
            purposes=tuple(dict.fromkeys((*known.purposes, *filter(None, [purpose])))),
            reads=known.reads + number,
            last_at=max(known.last_at, last_at) if known.reads else last_at,
        )
    used = [user for user in found.values() if user.reads]
    return sorted(used, key=lambda user: (-user.reads, user.organisation))[:limit]
