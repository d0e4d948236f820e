"""Writes records of a source: the entry and its row in one transaction, nothing twice."""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Literal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.datasets.stored import dump_facts, put_entry, remove_entry
from xihu_catalog.harvest.edits import load_edit, with_edit
from xihu_catalog.harvest.models import HarvestRecordRow
from xihu_catalog.harvest.names import entry_id
from xihu_catalog.harvest.raw import RecordFault

Outcome = Literal["new", "changed", "same", "failed", "deferred"]


@dataclass(frozen=True, slots=True)
class HarvestContext:
    """The run that writes."""

    run: int
    source: str
    now: datetime


def seen_key(record: str) -> bytes:
    return sha256(record.encode()).digest()[:8]


def record_of(facts: EntryFacts) -> str:
    return facts.origin.record if facts.origin else facts.id


def find_record(session: Session, source: str, record: str) -> HarvestRecordRow | None:
    return session.get(HarvestRecordRow, (source, record))


def digest_of(facts: EntryFacts) -> str:
    """Of the facts as they are read, which have no time of the harvest."""
    return sha256(dump_facts(facts)).hexdigest()


def put_record(
    session: Session, context: HarvestContext, facts: EntryFacts, *, defer: bool
) -> Outcome:
    """Puts a record's entry in force. With `defer`, a record with a new id that looks like a known
    one is not written: whether it was renamed is known when the whole feed is read."""
    row = find_record(session, context.source, record_of(facts))
    digest = digest_of(facts)
    if row is not None and row.digest == digest and row.in_force:
        if row.error_en is not None:  # of a run in between
            row.error_zh = row.error_en = None
        return "same"
    if row is None:
        if defer and look_alikes(session, facts):
            return "deferred"
        row = _new_row(session, context, facts)
    outcome: Outcome = "changed" if row.in_force else "new"
    if not row.in_force:
        row.added_run = context.run
    write_facts(session, context, row, facts)
    return outcome


def write_facts(
    session: Session, context: HarvestContext, row: HarvestRecordRow, facts: EntryFacts
) -> None:
    """The entry keeps its id when the record has another one."""
    assert row.entry is not None
    row.digest = digest_of(facts)
    row.page_key, row.content_key = rename_keys(facts)
    origin = facts.origin and replace(facts.origin, harvested_at=context.now)
    own = replace(
        facts,
        id=row.entry,
        iri=facts.iri.removesuffix(facts.id) + row.entry,
        page=facts.page.removesuffix(facts.id) + row.entry,
        origin=origin,
    )
    row.facts = dump_facts(own)
    row.in_force, row.error_zh, row.error_en = True, None, None
    row.changed_run = context.run
    put_entry(session, context.source, with_edit(own, load_edit(row.edits)), context.now)


def _new_row(session: Session, context: HarvestContext, facts: EntryFacts) -> HarvestRecordRow:
    row = HarvestRecordRow(
        source=context.source,
        record=record_of(facts),
        entry=_free_id(session, context.source, facts),
        in_force=False,
        added_run=context.run,
        changed_run=context.run,
    )
    session.add(row)
    session.flush()
    return row


def _free_id(session: Session, source: str, facts: EntryFacts) -> str:
    """Another id where a renamed record has kept this one."""
    wanted, number = facts.id, 1
    taken = select(HarvestRecordRow.record)
    while session.scalar(taken.where(HarvestRecordRow.entry == wanted)) is not None:
        number += 1
        wanted = entry_id(source, f"{record_of(facts)} ({number})")
    return wanted


def rename_keys(facts: EntryFacts) -> tuple[str | None, str | None]:
    """Hashes of the record's address, and of its title with its first file; both with the source,
    so that one index finds them."""
    source = facts.origin.source if facts.origin else ""
    page = _key(source, facts.sources[0].iri) if facts.sources else None
    files = sorted(one.download_url or one.access_url for one in facts.distributions)
    if not files:
        return page, None
    return page, _key(source, facts.title.zh, facts.title.en, files[0])


def _key(*parts: str) -> str:
    return sha256("\x1f".join(parts).encode()).hexdigest()


def look_alikes(session: Session, facts: EntryFacts) -> list[HarvestRecordRow]:
    """Records in force with the same address, or with the same title and file."""
    page, content = rename_keys(facts)
    row = HarvestRecordRow
    same = [row.page_key == page] if page else []
    same += [row.content_key == content] if content else []
    if not same:
        return []
    wanted = select(row).where(or_(*same), row.in_force)
    return list(session.scalars(wanted.order_by(row.record).limit(_ALIKE)))


_ALIKE = 100
"""Records with one title and one file: more of them are no sign of a renamed one."""


def rename_record(
    session: Session, context: HarvestContext, row: HarvestRecordRow, facts: EntryFacts
) -> None:
    """The row with its entry and its edits is the new record's from now on."""
    kept = {"entry": row.entry, "edits": row.edits, "added_run": row.added_run}
    session.delete(row)
    session.flush()
    made = HarvestRecordRow(
        source=context.source,
        record=record_of(facts),
        in_force=True,
        changed_run=context.run,
        **kept,
    )
    session.add(made)
    session.flush()
    write_facts(session, context, made, facts)


def put_fault(session: Session, context: HarvestContext, fault: RecordFault) -> None:
    """The entry of an earlier, valid record stays in force."""
    row = find_record(session, context.source, fault.record)
    zh, en = fault.reason.zh[:1000], fault.reason.en[:1000]
    if row is None:
        row = HarvestRecordRow(
            source=context.source,
            record=fault.record,
            in_force=False,
            added_run=context.run,
            changed_run=context.run,
        )
        session.add(row)
    if (row.error_zh, row.error_en) != (zh, en):
        row.error_zh, row.error_en, row.changed_run = zh, en, context.run
    session.flush()


def drop_record(session: Session, context: HarvestContext, row: HarvestRecordRow) -> None:
    """Removes the entry; the row stays with its edits. A row of a mere fault goes."""
    if row.entry is None:
        session.delete(row)
        return
    row.in_force, row.changed_run = False, context.run
    row.error_zh = row.error_en = None
    remove_entry(session, row.entry, context.now)
