"""Harvests one source: page by page in small transactions, resumable, idempotent.

A run that is killed leaves its pages behind, and the next one goes on after the last of them. What
the source no longer has is removed after a complete run only, and not where too much is missing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from pydantic import TypeAdapter
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from xihu_catalog.datasets.facts import EntryFacts, NamedIri
from xihu_catalog.harvest.models import HarvestPageRow, HarvestRecordRow, HarvestRunRow, RunState
from xihu_catalog.harvest.raw import (
    RecordFault,
    SourceFault,
    SourcePage,
    SourceRecord,
    check_count,
)
from xihu_catalog.harvest.reading import duplicate, first_address, read_document
from xihu_catalog.harvest.records import (
    HarvestContext,
    Outcome,
    digest_of,
    drop_record,
    find_record,
    look_alikes,
    put_fault,
    put_record,
    record_of,
    rename_record,
    seen_key,
)
from xihu_catalog.harvest.repair import RepairContext
from xihu_catalog.harvest.sources import HarvestSource
from xihu_platform.clock import Clock
from xihu_platform.database import transaction
from xihu_platform.errors import PlatformError, TransientError
from xihu_platform.words import Text

CHUNK = 100
"""Records of one transaction."""
PAGE_LIMIT = 2_000
"""Of one run: a source whose paging has no end is refused."""
ADDRESS_LIMIT = 2_000
REMOVALS_COUNTED = timedelta(days=7)
RESUMABLE = timedelta(hours=24)
"""An older run that is not finished begins again: the source's pages have moved since."""
Item = TypeVar("Item")
_FACTS = TypeAdapter(list[EntryFacts])


@dataclass(frozen=True, slots=True)
class FetchedDocument:
    content: bytes
    media_type: str = ""


class Fetch(Protocol):
    """Fetches one address of a source. Raises a PlatformError; TransientError may be retried."""

    def __call__(self, address: str) -> FetchedDocument: ...


@dataclass(frozen=True, slots=True)
class HarvestRun:
    """What a run did."""

    source: str
    state: RunState
    new: int
    changed: int
    same: int
    removed: int
    failed: int
    error: Text | None


@dataclass(frozen=True, slots=True)
class HarvestJob:
    """What a source is harvested with. `topics` are the registry's, by code."""

    database: Engine
    fetch: Fetch
    clock: Clock
    base_url: str
    topics: Mapping[str, NamedIri] = field(default_factory=dict)
    confirm_removals: bool = False
    """Removes what is missing, however much it is."""


def harvest(job: HarvestJob, source: HarvestSource) -> HarvestRun:
    """One run; one process at a time for a source. What goes wrong with the source is in the run.

    An exception that is none of the platform's leaves the run open, to be resumed.
    """
    run = _open_run(job, source)
    try:
        whole = _read_pages(job, source, run)
        return _finish(job, source, run, whole=whole)
    except TransientError as error:
        return _end(job, run, "interrupted", error.text)
    except PlatformError as error:
        return _end(job, run, "failed", error.text)


def _open_run(job: HarvestJob, source: HarvestSource) -> int:
    now = job.clock()
    row = HarvestRunRow
    with transaction(job.database) as session:
        open_runs = select(row).where(
            row.source == source.id, row.state.in_(("running", "interrupted"))
        )
        for found in session.scalars(open_runs.order_by(row.id.desc())):
            if found.url == source.url and now - found.started < RESUMABLE:
                found.state, found.ended = "running", None
                return found.id
            found.state, found.ended = "failed", now
            _drop_pages(session, found.id)
        made = HarvestRunRow(source=source.id, url=source.url, started=now, state="running")
        session.add(made)
        session.flush()
        return made.id


def _drop_pages(session: Session, run: int) -> None:
    session.execute(delete(HarvestPageRow).where(HarvestPageRow.run == run))


def _pages(session: Session, run: int) -> list[HarvestPageRow]:
    wanted = select(HarvestPageRow).where(HarvestPageRow.run == run)
    return list(session.scalars(wanted.order_by(HarvestPageRow.number)))


def _read_pages(job: HarvestJob, source: HarvestSource, run: int) -> bool:
    """False where an earlier process read the first pages: since then records may have moved from
    one page to another, so that one that is missing may still be at the source."""
    with transaction(job.database) as session:
        pages = _pages(session, run)
    visited = {one.address for one in pages}
    seen = {key for one in pages for key in _keys(one.seen)}
    address = pages[-1].next if pages else first_address(source)
    number = len(pages)
    while address is not None:
        number += 1
        _check_address(source, address, visited, number)
        visited.add(address)
        page = _read(job, source, address)
        _write_page(job, HarvestContext(run, source.id, job.clock()), page, seen, (number, address))
        address = page.next
    return not pages or pages[-1].next is None


def _read(job: HarvestJob, source: HarvestSource, address: str) -> SourcePage:
    document = job.fetch(address)
    context = RepairContext(source.id, source.title.text(), address, job.base_url, job.topics)
    return read_document(source, document.content, document.media_type, context)


def _check_address(source: HarvestSource, address: str, visited: set[str], number: int) -> None:
    if address in visited:
        raise SourceFault(
            f"数据源的翻页回到已读过的一页：{address[:200]}",
            f"the source's paging leads back to a page that was read: {address[:200]}",
        )
    if number > PAGE_LIMIT:
        raise SourceFault(
            f"数据源超过 {PAGE_LIMIT:,} 页仍未结束，已停止",
            f"the source does not end after {PAGE_LIMIT:,} pages: stopped",
        )
    if _origin(address) != _origin(source.url):
        raise SourceFault(
            f"数据源的下一页在另一个网站：{address[:200]}，没有跟随",
            f"the source's next page is on another site: {address[:200]}: not followed",
        )


def _origin(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
    except ValueError:
        return "", address
    return parts.scheme, parts.netloc.casefold()


def _batched(records: Sequence[Item], size: int) -> Iterator[tuple[Item, ...]]:
    return (tuple(records[at : at + size]) for at in range(0, len(records), size))


def _keys(seen: bytes) -> Iterator[bytes]:
    return (seen[at : at + 8] for at in range(0, len(seen), 8))


def _write_page(
    job: HarvestJob,
    context: HarvestContext,
    page: SourcePage,
    seen: set[bytes],
    place: tuple[int, str],
) -> None:
    """In chunks; the checkpoint is in the transaction of the last one."""
    number, address = place
    fresh = {seen_key(_record(one)) for one in page.records} - seen
    _check_progress(page, fresh, seen)
    counts: dict[Outcome, int] = {}
    deferred: list[EntryFacts] = []
    chunks = list(_batched(page.records, CHUNK)) or [()]
    for position, chunk in enumerate(chunks, 1):
        with transaction(job.database) as session:
            for at, one in enumerate(chunk):
                outcome = _write(session, context, one, seen, f"{number}.{position}.{at}")
                counts[outcome] = counts.get(outcome, 0) + 1
                if outcome == "deferred" and isinstance(one, EntryFacts):
                    deferred.append(one)
            if position == len(chunks):
                _count(session, context.run, counts)
                session.add(
                    HarvestPageRow(
                        run=context.run,
                        number=number,
                        address=address,
                        next=page.next,
                        count=page.count,
                        total=page.total,
                        seen=b"".join(sorted(fresh)),
                        deferred=_FACTS.dump_json(deferred),
                    )
                )
    seen |= fresh


def _check_progress(page: SourcePage, fresh: set[bytes], seen: set[bytes]) -> None:
    if page.next is not None and not fresh and (page.records or not page.count):
        raise SourceFault(
            "数据源的一页没有新的记录，却还有下一页，已停止",
            "a page of the source has no further record, and yet a next page: stopped",
        )
    if page.next is not None and len(page.next) > ADDRESS_LIMIT:
        raise SourceFault(
            "数据源下一页的网址过长，已停止",
            "the address of the source's next page is too long: stopped",
        )
    check_count(len(seen) + len(fresh))


def _record(one: SourceRecord) -> str:
    return one.record if isinstance(one, RecordFault) else record_of(one)


def _write(
    session: Session, context: HarvestContext, one: SourceRecord, seen: set[bytes], place: str
) -> Outcome:
    """A record that an earlier page had already is the same one, or a duplicate identifier."""
    if isinstance(one, RecordFault):
        put_fault(session, context, one)
        return "failed"
    if seen_key(record_of(one)) in seen:
        row = find_record(session, context.source, record_of(one))
        if row is None or row.digest == digest_of(one):
            return "same"
        put_fault(session, context, duplicate(record_of(one), place))
        return "failed"
    return put_record(session, context, one, defer=True)


def _count(session: Session, run: int, counts: Mapping[Outcome, int], removed: int = 0) -> None:
    row = session.get_one(HarvestRunRow, run)
    row.new += counts.get("new", 0)
    row.changed += counts.get("changed", 0)
    row.same += counts.get("same", 0)
    row.failed += counts.get("failed", 0)
    row.removed += removed


def _finish(job: HarvestJob, source: HarvestSource, run: int, *, whole: bool) -> HarvestRun:
    """After the last page: renamed records, then the removal of what is missing."""
    context = HarvestContext(run, source.id, job.clock())
    with transaction(job.database) as session:
        pages = _pages(session, run)
    if (reason := _incomplete(pages, whole=whole)) is not None:
        return _end(job, run, "partial", reason)
    seen = {key for one in pages for key in _keys(one.seen)}
    for page in pages:
        for chunk in _batched(_FACTS.validate_json(page.deferred), CHUNK):
            _settle(job, context, chunk, seen)
    return _remove_missing(job, context, seen)


def _incomplete(pages: list[HarvestPageRow], *, whole: bool) -> Text | None:
    """Why the pages may not be the whole catalogue."""
    total = max((one.total for one in pages if one.total is not None), default=0)
    counted = sum(one.count for one in pages)
    if counted < total:
        return Text(
            f"数据源称有 {total} 条，只给出 {counted} 条：未移除任何条目",
            f"the source counts {total} records and gave {counted}: nothing was removed",
        )
    if not whole:
        return Text(
            "本次是中断后续采：未移除任何条目，由下一次完整采集处理",
            "the run was resumed: nothing was removed, the next whole run does that",
        )
    return None


def _settle(
    job: HarvestJob, context: HarvestContext, deferred: tuple[EntryFacts, ...], seen: set[bytes]
) -> None:
    """A record with a new id is a known one renamed, where that is no longer in the feed."""
    counts: dict[Outcome, int] = {}
    with transaction(job.database) as session:
        for facts in deferred:
            outcome: Outcome
            gone = [row for row in look_alikes(session, facts) if seen_key(row.record) not in seen]
            if gone and find_record(session, context.source, record_of(facts)) is None:
                rename_record(session, context, gone[0], facts)
                outcome = "changed"
            else:
                outcome = put_record(session, context, facts, defer=False)
            counts[outcome] = counts.get(outcome, 0) + 1
        _count(session, context.run, counts)


def _remove_missing(job: HarvestJob, context: HarvestContext, seen: set[bytes]) -> HarvestRun:
    row = HarvestRecordRow
    wanted = select(row.record, row.in_force, row.added_run, row.entry)
    with transaction(job.database) as session:
        rows = session.execute(wanted.where(row.source == context.source)).all()
    missing = [one for one in rows if seen_key(one.record) not in seen]
    gone = [one.record for one in missing if one.in_force]
    before = sum(one.in_force and one.added_run < context.run for one in rows)
    lately = _removed_lately(job, context)
    if 2 * (len(gone) + lately) > before + lately and not job.confirm_removals:
        return _end(
            job,
            context.run,
            "refused",
            Text(
                f"数据源少了 {len(gone)} 条（共 {before} 条），未移除；"
                f"确认后用 xihu harvest run {context.source} --confirm-removals",
                f"{len(gone)} of {before} records are missing at the source: none was removed; "
                f"confirm it with xihu harvest run {context.source} --confirm-removals",
            ),
        )
    faults = [one.record for one in missing if one.entry is None]
    for chunk in _batched(gone + faults, CHUNK):
        with transaction(job.database) as session:
            _drop(session, context, chunk)
    return _end(job, context.run, "complete", None)


def _removed_lately(job: HarvestJob, context: HarvestContext) -> int:
    """Entries removed within a week and since the last confirmed run: else a source could remove
    everything, half of it in each run."""
    row = HarvestRunRow
    own = row.source == context.source
    with transaction(job.database) as session:
        confirmed = session.scalar(select(func.max(row.id)).where(own, row.confirmed)) or 0
        recent = (row.id > confirmed, row.started > context.now - REMOVALS_COUNTED)
        return session.scalar(select(func.sum(row.removed)).where(own, *recent)) or 0


def _drop(session: Session, context: HarvestContext, records: tuple[str, ...]) -> None:
    removed = 0
    for record in records:
        row = find_record(session, context.source, record)
        if row is not None:
            removed += row.in_force
            drop_record(session, context, row)
    _count(session, context.run, {}, removed)


def _end(job: HarvestJob, run: int, state: RunState, error: Text | None) -> HarvestRun:
    with transaction(job.database) as session:
        row = session.get_one(HarvestRunRow, run)
        row.state, row.ended = state, job.clock()
        row.confirmed = job.confirm_removals and state == "complete"
        row.error_zh = error.zh[:1000] if error else None
        row.error_en = error.en[:1000] if error else None
        if state != "interrupted":
            _drop_pages(session, run)
        return shown(row)


def shown(row: HarvestRunRow) -> HarvestRun:
    error = Text(row.error_zh, row.error_en or "") if row.error_zh else None
    counts = (row.new, row.changed, row.same, row.removed, row.failed)
    state: RunState = row.state  # type: ignore[assignment]  # a column of text
    return HarvestRun(row.source, state, *counts, error)


def list_faults(session: Session, source: str, limit: int) -> list[RecordFault]:
    """Records of a source that are no entries, or whose newest version is none, by their ids."""
    row = HarvestRecordRow
    wanted = select(row).where(row.source == source, row.error_en.is_not(None))
    return [
        RecordFault(one.record, Text(one.error_zh or "", one.error_en or ""))
        for one in session.scalars(wanted.order_by(row.record).limit(limit))
    ]


def list_runs(session: Session, source: str, limit: int) -> list[tuple[datetime, HarvestRun]]:
    """When each of the newest runs of a source began, and what it did; the newest first."""
    wanted = select(HarvestRunRow).where(HarvestRunRow.source == source)
    rows = session.scalars(wanted.order_by(HarvestRunRow.id.desc()).limit(limit))
    return [(row.started, shown(row)) for row in rows]


def count_records(session: Session, source: str) -> tuple[int, int]:
    """Entries of a source that are in the catalogue, and records that are wrong."""
    row = HarvestRecordRow
    own = row.source == source
    ours = select(func.count()).where(own, row.in_force)
    wrong = select(func.count()).where(own, row.error_en.is_not(None))
    return session.scalar(ours) or 0, session.scalar(wrong) or 0


def last_run(session: Session, source: str) -> tuple[datetime, HarvestRun] | None:
    """When the newest run of a source began, and what it did."""
    return next(iter(list_runs(session, source, 1)), None)
