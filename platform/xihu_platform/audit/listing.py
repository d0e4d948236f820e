"""The log as an auditor reads it: entries without anybody's data, by what their columns say.

An auditor sees who read in which position, what, for what purpose and on what basis; never a
person whom a read was about, never a value that somebody filtered by, and of people without an
office only that they were citizens.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import (
    JSON,
    ColumnElement,
    Engine,
    Integer,
    Select,
    Text,
    case,
    cast,
    func,
    literal_column,
    select,
)

from xihu_platform.audit.log import log_size
from xihu_platform.audit.logged import LoggedRead, read_logged
from xihu_platform.audit.models import AuditEntry, AuditPin
from xihu_platform.audit.uses import READS
from xihu_platform.database import transaction

REFUSALS = ("refusal", "refusals")
LISTED = 50
BATCH = 500


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries are wanted; empty for any. Moments are aware, `until` is excluded."""

    kind: str = ""
    dataset: str = ""
    organisation: str = ""
    purpose: str = ""
    reason: str = ""
    """Code of a refusal's reason."""
    since: datetime | None = None
    until: datetime | None = None
    entry: int | None = None
    """One entry's number."""


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """One entry. `said` is what it says with its pin; no subject, no principal, no value."""

    seq: int
    at: datetime
    kind: str
    dataset: str
    organisation: str | None
    purpose: str
    said: LoggedRead
    who: str
    """citizen, official, system, anonymous; empty where the entry does not say."""
    rows: int | None
    article: str


def list_entries(
    database: Engine, wanted: EntryFilter, *, before: int | None = None, limit: int = LISTED
) -> list[ListedEntry]:
    """Newest first, below the number `before`."""
    found: list[ListedEntry] = []
    for entry in entries(database, wanted, before=before, batch=max(limit, BATCH)):
        found.append(entry)
        if len(found) == limit:
            break
    return found


def entries(
    database: Engine, wanted: EntryFilter, *, before: int | None = None, batch: int = BATCH
) -> Iterator[ListedEntry]:
    """All of them, newest first, batch by batch."""
    first, last = numbers_of(database, wanted.since, wanted.until)
    if wanted.entry is not None:
        first, last = max(first, wanted.entry), min(last, wanted.entry + 1)
    top = last if before is None else min(before, last)
    while top > first:
        query = _chosen(database, wanted, first, top).order_by(AuditEntry.seq.desc()).limit(batch)
        with transaction(database) as session:
            page = [_listed(entry, pinned) for entry, pinned in session.execute(query)]
        yield from page
        if len(page) < batch:
            return
        top = page[-1].seq


def _chosen(
    database: Engine, wanted: EntryFilter, first: int, top: int
) -> Select[AuditEntry, bytes | None]:
    pairs = (
        (AuditEntry.kind, wanted.kind),
        (AuditEntry.dataset, wanted.dataset),
        (AuditEntry.organisation, wanted.organisation),
        (AuditEntry.purpose, wanted.purpose),
    )
    conditions: list[ColumnElement[bool]] = [column == value for column, value in pairs if value]
    if wanted.reason:
        said = case(
            (AuditEntry.kind.in_(REFUSALS), _said(database, "reason"))
        )  # of others not read
        conditions.append(said == wanted.reason)
    return (
        select(AuditEntry, AuditPin.body)
        .outerjoin(AuditPin, AuditPin.digest == AuditEntry.pin)
        .where(AuditEntry.seq >= first, AuditEntry.seq < top, *conditions)
    )


def _listed(entry: AuditEntry, pinned: bytes | None) -> ListedEntry:
    said = read_logged(entry.body, pinned)
    body = orjson.loads(entry.body)
    return ListedEntry(
        seq=entry.seq,
        at=entry.at,
        kind=entry.kind or "",
        dataset=entry.dataset,
        organisation=entry.organisation,
        purpose=entry.purpose or "",
        said=said,
        who=str(body.get("who") or (orjson.loads(pinned).get("who", "") if pinned else "")),
        rows=body.get("rows"),
        article=str(body.get("article") or ""),
    )


def numbers_of(database: Engine, since: datetime | None, until: datetime | None) -> tuple[int, int]:
    """The numbers of the entries from a moment to another: the first, and the one behind the last.

    The log's times never run backwards, so that it is halved and not walked.
    """
    with transaction(database) as session:
        size = log_size(session)

        def first_from(moment: datetime) -> int:
            low, high = 0, size
            while low < high:
                middle = (low + high) // 2
                at = session.scalar(select(AuditEntry.at).where(AuditEntry.seq == middle))
                low, high = (middle + 1, high) if at is None or at < moment else (low, middle)
            return low

        return first_from(since) if since else 0, first_from(until) if until else size


@dataclass(frozen=True, slots=True)
class DatasetReader:
    """How often an organisation read a dataset for a purpose in a time; and was refused."""

    dataset: str
    organisation: str | None
    """None for people without an office."""
    purpose: str
    reads: int
    refused: int
    last_at: datetime


def readers(
    database: Engine, since: datetime, until: datetime, dataset: str = ""
) -> list[DatasetReader]:
    """Who read which dataset, by dataset and the most frequent first."""
    first, last = numbers_of(database, since, until)
    kinds = (*READS, "refusal")
    given = func.sum(case((AuditEntry.kind == "refusal", 0), else_=1))
    query = (
        select(
            AuditEntry.dataset,
            AuditEntry.organisation,
            AuditEntry.purpose,
            func.count(),
            given,
            func.max(AuditEntry.at),
        )
        .where(
            AuditEntry.seq >= first,
            AuditEntry.seq < last,
            AuditEntry.kind.in_(kinds),
            AuditEntry.dataset != "",
        )
        .group_by(AuditEntry.dataset, AuditEntry.organisation, AuditEntry.purpose)
    )
    if dataset:
        query = query.where(AuditEntry.dataset == dataset)
    with transaction(database) as session:
        rows = session.execute(query).all()
    found = [
        DatasetReader(str(name), organisation, purpose or "", int(reads), int(number - reads), at)
        for name, organisation, purpose, number, reads, at in rows
    ]
    return sorted(found, key=lambda one: (one.dataset, -one.reads, one.organisation or ""))


@dataclass(frozen=True, slots=True)
class RefusalCount:
    """How often reads of a dataset were refused to an organisation for one reason."""

    reason: str
    """Its code."""
    dataset: str
    organisation: str | None
    """None for people without an office."""
    number: int


def refusal_counts(database: Engine, since: datetime, until: datetime) -> list[RefusalCount]:
    """The most frequent first. An entry that tells of several refusals counts for each."""
    first, last = numbers_of(database, since, until)
    reason = _said(database, "reason")
    more = cast(_said(database, "number"), Integer)
    number = func.sum(case((AuditEntry.kind == "refusals", more), else_=1))
    query = (
        select(reason, AuditEntry.dataset, AuditEntry.organisation, number)
        .where(AuditEntry.seq >= first, AuditEntry.seq < last, AuditEntry.kind.in_(REFUSALS))
        .group_by(reason, AuditEntry.dataset, AuditEntry.organisation)
    )
    with transaction(database) as session:
        rows = session.execute(query).all()
    found = [RefusalCount(str(code), str(d), office, int(n)) for code, d, office, n in rows]
    return sorted(found, key=lambda one: (-one.number, one.dataset, one.organisation or ""))


def _said(database: Engine, name: str) -> ColumnElement[str]:
    """What an entry's own bytes say under a name of ours, as the database reads JSON."""
    if database.dialect.name == "sqlite":
        found: ColumnElement[str] = func.json_extract(cast(AuditEntry.body, Text), f"$.{name}")
        return found
    told = cast(func.convert_from(AuditEntry.body, literal_column("'UTF8'")), JSON)
    said: ColumnElement[str] = told[name].as_string()
    return said
