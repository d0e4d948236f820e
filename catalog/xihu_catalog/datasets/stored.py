"""Entries that no contract compiles into: harvested ones, and attestations of the registry. The
database has every version of them.

The facts of an entry are stored under the SHA-256 of their JSON. One row for each entry names the
version in force, and each change has a number, so that a search index or a feed can ask what has
changed since a number it has seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from pydantic import TypeAdapter
from sqlalchemy import BigInteger, Engine, Integer, LargeBinary, String, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from xihu_catalog.datasets.facts import EntryFacts
from xihu_platform.database import Base, UtcDateTime, transaction

ID_LENGTH = 128
_FACTS = TypeAdapter(EntryFacts)
_Number = BigInteger().with_variant(Integer(), "sqlite")


class StoredEntryRow(Base):
    """An entry in force. `number` is that of its newest version."""

    __tablename__ = "stored_entry"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    source: Mapped[str] = mapped_column(String(64), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    number: Mapped[int] = mapped_column(BigInteger, index=True)


class StoredEntryText(Base):
    """The facts of one version, as JSON in UTF-8."""

    __tablename__ = "stored_entry_text"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class StoredEntryVersionRow(Base):
    """One change of an entry. `digest` is None where the entry was removed."""

    __tablename__ = "stored_entry_version"

    number: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=True)
    entry: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    digest: Mapped[str | None] = mapped_column(String(64))
    since: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class StoredChange:
    """The newest change of one entry; `facts` None where it was removed."""

    number: int
    id: str
    facts: EntryFacts | None


def dump_facts(facts: EntryFacts) -> bytes:
    return _FACTS.dump_json(facts)


def load_facts(content: bytes) -> EntryFacts:
    return _FACTS.validate_json(content)


def put_entry(session: Session, source: str, facts: EntryFacts, now: datetime) -> bool:
    """Puts an entry in force. False where the same facts are in force already.

    Raises ValueError for an id that is too long, or that another source's entry has.
    """
    if len(facts.id) > ID_LENGTH:
        raise ValueError(f"an id has at most {ID_LENGTH} characters: {facts.id[:40]}…")
    content = dump_facts(facts)
    digest = sha256(content).hexdigest()
    row = session.get(StoredEntryRow, facts.id)
    if row is not None and row.source != source:
        raise ValueError(f"the id {facts.id} is that of an entry of {row.source}")
    if row is not None and row.digest == digest:
        return False
    if session.get(StoredEntryText, digest) is None:
        session.add(StoredEntryText(digest=digest, content=content))
    number = _note(session, facts.id, digest, now)
    if row is None:
        session.add(StoredEntryRow(id=facts.id, source=source, digest=digest, number=number))
    else:
        row.digest, row.number = digest, number
    session.flush()
    return True


def remove_entry(session: Session, entry: str, now: datetime) -> bool:
    """Takes an entry out of the catalogue; its versions stay. False where there is none."""
    row = session.get(StoredEntryRow, entry)
    if row is None:
        return False
    session.delete(row)
    _note(session, entry, None, now)
    return True


def _note(session: Session, entry: str, digest: str | None, now: datetime) -> int:
    """One transaction after the other, so that no change comes to light after a later one."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE stored_entry_version IN SHARE ROW EXCLUSIVE MODE"))
    version = StoredEntryVersionRow(entry=entry, digest=digest, since=now)
    session.add(version)
    session.flush()
    return version.number


_TEXTS = select(StoredEntryRow.id, StoredEntryText.content).join(
    StoredEntryText, StoredEntryText.digest == StoredEntryRow.digest
)


class StoredEntries:
    """Reads them; each answer is what the database says at that moment."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def find(self, entry: str) -> EntryFacts | None:
        return self.find_many([entry]).get(entry)

    def find_many(self, entries: Sequence[str]) -> dict[str, EntryFacts]:
        """By id, without those that are not there."""
        if not entries:
            return {}
        with transaction(self._database) as session:
            rows = session.execute(_TEXTS.where(StoredEntryRow.id.in_(entries))).all()
        return {entry: load_facts(content) for entry, content in rows}

    def versions(self, entries: Sequence[str]) -> dict[str, str]:
        """The number of the newest change of each, without those that are not there."""
        row = StoredEntryRow
        with transaction(self._database) as session:
            found = session.execute(select(row.id, row.number).where(row.id.in_(entries)))
            return {entry: str(number) for entry, number in found}

    def count(self) -> int:
        with transaction(self._database) as session:
            return session.scalar(select(func.count()).select_from(StoredEntryRow)) or 0

    def ids(self, offset: int, limit: int) -> list[str]:
        """In their order."""
        wanted = select(StoredEntryRow.id).order_by(StoredEntryRow.id).offset(offset).limit(limit)
        with transaction(self._database) as session:
            return list(session.scalars(wanted))

    def newest(self, limit: int) -> list[str]:
        """Ids of those that changed last, the last one first."""
        wanted = select(StoredEntryRow.id).order_by(StoredEntryRow.number.desc()).limit(limit)
        with transaction(self._database) as session:
            return list(session.scalars(wanted))

    def page(self, offset: int, limit: int) -> list[EntryFacts]:
        """In the order of their ids."""
        ids = self.ids(offset, limit)
        found = self.find_many(ids)
        return [found[one] for one in ids if one in found]

    def after(self, entry: str, limit: int) -> list[EntryFacts]:
        """The next ones behind an id, in the order of the ids."""
        wanted = _TEXTS.where(StoredEntryRow.id > entry).order_by(StoredEntryRow.id).limit(limit)
        with transaction(self._database) as session:
            rows = session.execute(wanted).all()
        return [load_facts(content) for _, content in rows]

    def number(self) -> int:
        """Of the newest change; 0 where nothing was stored yet."""
        with transaction(self._database) as session:
            return session.scalar(select(func.max(StoredEntryVersionRow.number))) or 0

    def changed(self, after: int) -> tuple[int, int]:
        """How many entries have changed after a number: those that are there, those removed."""
        version, row = StoredEntryVersionRow, StoredEntryRow
        later = select(version.entry).where(version.number > after).distinct().subquery()
        there = select(func.count()).select_from(later).join(row, row.id == later.c.entry)
        with transaction(self._database) as session:
            every = session.scalar(select(func.count()).select_from(later)) or 0
            found = session.scalar(there) or 0
        return found, every - found

    def changes(self, after: int, limit: int) -> list[StoredChange]:
        """The next changes after a number, oldest first. Of an entry that has changed again since,
        the later change alone is among them, with its number."""
        versions = StoredEntryVersionRow
        wanted = (
            select(versions.number, versions.entry)
            .where(versions.number > after)
            .order_by(versions.number)
            .limit(limit)
        )
        with transaction(self._database) as session:
            rows = session.execute(wanted).all()
        newest = {entry: number for number, entry in rows}
        found = self.find_many(list(newest))
        return [StoredChange(number, entry, found.get(entry)) for entry, number in newest.items()]
