"""Edits of this node over a harvested entry: they survive every later harvest of the record."""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Literal, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from xihu_catalog.datasets.facts import ContactFacts, EntryFacts, NamedIri
from xihu_catalog.datasets.stored import load_facts, put_entry
from xihu_catalog.formats.clean import find_email, find_iri
from xihu_catalog.harvest.models import HarvestRecordRow
from xihu_catalog.harvest.texts import one_plain_line, plain
from xihu_platform.errors import BadInput, Conflict, NotFound
from xihu_platform.words import Text

Value = TypeVar("Value")
EditField = Literal["title", "description", "keywords", "topic", "contact"]


@dataclass(frozen=True, slots=True)
class EntryEdit:
    """What replaces the source's; None where the source's is kept."""

    title: Text | None = None
    description: Text | None = None
    keywords: tuple[str, ...] | None = None
    topic: tuple[NamedIri, str] | None = None
    contact: ContactFacts | None = None


_EDIT = TypeAdapter(EntryEdit)


def load_edit(content: bytes | None) -> EntryEdit:
    return _EDIT.validate_json(content) if content else EntryEdit()


def with_edit(facts: EntryFacts, edit: EntryEdit) -> EntryFacts:
    return replace(
        facts,
        title=_either(edit.title, facts.title),
        description=_either(edit.description, facts.description),
        keywords=_either(edit.keywords, facts.keywords),
        topic=_either(edit.topic, facts.topic),
        contact=_either(edit.contact, facts.contact),
    )


def _either(edited: Value | None, own: Value) -> Value:
    """An edit may be empty: no keywords is another thing than the source's own."""
    return own if edited is None else edited


def find_edit(session: Session, entry: str) -> EntryEdit:
    """Raises NotFound for what is no harvested entry."""
    return load_edit(_row(session, entry).edits)


@dataclass(frozen=True, slots=True)
class EditedEntry:
    """A harvested entry: what its source says, and what this node has laid over it."""

    source: str
    facts: EntryFacts
    edit: EntryEdit
    version: str
    """Of the edits alone: the harvest of a changed record leaves it as it is."""


def find_edited(session: Session, entry: str) -> EditedEntry:
    """Raises NotFound for what is no harvested entry in force."""
    row = _row(session, entry)
    if not row.in_force or row.facts is None:
        raise _not_harvested(entry)
    return EditedEntry(row.source, load_facts(row.facts), load_edit(row.edits), _version(row))


def replace_edit(
    session: Session, entry: str, edit: EntryEdit, version: str, now: datetime
) -> None:
    """The whole edit, where `version` is of the one that was seen.

    Raises Conflict where it was changed meanwhile; else as `set_edit`.
    """
    row = _row(session, entry)
    if _version(row) != version:
        raise Conflict(
            "刚刚有人改过这个条目，请看过新内容后再改",
            "somebody has just edited this entry: read it and edit it again",
        )
    _write(session, row, _cleaned(edit), now)


def _version(row: HarvestRecordRow) -> str:
    return sha256(row.edits or b"").hexdigest()[:16]


def set_edit(session: Session, entry: str, edit: EntryEdit, now: datetime) -> None:
    """Lays an edit over the entry; fields of an earlier one that this one lacks are kept.

    Raises NotFound for what is no harvested entry, BadInput for a title without text.
    """
    row = _row(session, entry)
    _write(session, row, _over(load_edit(row.edits), _cleaned(edit)), now)


def clear_edit(
    session: Session, entry: str, now: datetime, only: tuple[EditField, ...] = ()
) -> None:
    """The source's own again, of all fields or of some. Raises NotFound."""
    row = _row(session, entry)
    _write(session, row, _without(load_edit(row.edits), only) if only else EntryEdit(), now)


def _over(old: EntryEdit, new: EntryEdit) -> EntryEdit:
    return EntryEdit(
        title=_either(new.title, old.title),
        description=_either(new.description, old.description),
        keywords=_either(new.keywords, old.keywords),
        topic=_either(new.topic, old.topic),
        contact=_either(new.contact, old.contact),
    )


def _without(old: EntryEdit, only: tuple[EditField, ...]) -> EntryEdit:
    return EntryEdit(
        title=None if "title" in only else old.title,
        description=None if "description" in only else old.description,
        keywords=None if "keywords" in only else old.keywords,
        topic=None if "topic" in only else old.topic,
        contact=None if "contact" in only else old.contact,
    )


def _cleaned(edit: EntryEdit) -> EntryEdit:
    title = edit.title and Text(one_plain_line(edit.title.zh), one_plain_line(edit.title.en))
    if title is not None and not title.zh and not title.en:
        raise BadInput("标题不能为空", "a title has a text")
    return EntryEdit(
        title=title,
        description=edit.description
        and Text(plain(edit.description.zh), plain(edit.description.en)),
        keywords=edit.keywords and tuple(filter(None, map(one_plain_line, edit.keywords))),
        topic=edit.topic,
        contact=edit.contact and _contact(edit.contact),
    )


def _plain(text: Text) -> Text:
    return Text(plain(text.zh), plain(text.en))


def _contact(said: ContactFacts) -> ContactFacts:
    name = Text(one_plain_line(said.name.zh), one_plain_line(said.name.en))
    return replace(
        said, name=name, url=find_iri(said.url or ""), email=find_email(said.email or "")
    )


def _row(session: Session, entry: str) -> HarvestRecordRow:
    wanted = select(HarvestRecordRow).where(HarvestRecordRow.entry == entry).with_for_update()
    row = session.scalar(wanted)
    if row is None:
        raise _not_harvested(entry)
    return row


def _not_harvested(entry: str) -> NotFound:
    return NotFound(f"{entry[:80]} 不是采集来的条目", f"{entry[:80]} is not a harvested entry")


def _write(session: Session, row: HarvestRecordRow, edit: EntryEdit, now: datetime) -> None:
    row.edits = _EDIT.dump_json(edit) if edit != EntryEdit() else None
    if row.in_force and row.facts is not None:
        put_entry(session, row.source, with_edit(load_facts(row.facts), edit), now)
    session.flush()
