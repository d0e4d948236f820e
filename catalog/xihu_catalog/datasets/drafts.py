"""Drafts of catalogue entries that a department's stewards write through CKAN's API.

A draft is a text alone: it publishes nothing and changes no contract. Each version is stored with
the SHA-256 of its content, and a write names the version that it replaces, so that of two writers
at once the second is refused. What is deleted can be restored for `RESTORE_DAYS` days.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import (
    Engine,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from xihu_platform.clock import Clock
from xihu_platform.database import Base, UtcDateTime, transaction
from xihu_platform.errors import Conflict, NotFound, TooLarge

DraftContent = dict[str, Any]
"""Any: it is JSON. The fields of a CKAN package that a client may write."""
DRAFTS = 500
"""Drafts that a department has at one time."""
DELETED = 200
"""Deleted drafts of a department that can be restored; the oldest are purged first."""
VERSIONS = 10
"""Newest versions of a draft that are stored; of a deleted one it is the newest alone."""
CONTENT_BYTES = 256 * 1024
TOTAL_BYTES = 20 * 1024 * 1024
"""Of the newest versions of a department's drafts together: one answer may read them all."""
RESTORE_DAYS = 30


class EntryDraftRow(Base):
    """A draft. `digest` and `number` are of its newest version."""

    __tablename__ = "entry_draft"
    __table_args__ = (
        UniqueConstraint("organisation", "used_name", name="uq_entry_draft_used_name"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(18))
    """USCC of the department."""
    name: Mapped[str] = mapped_column(String(100))
    used_name: Mapped[str | None] = mapped_column(String(100))
    """The name, while the draft is not deleted: a department has each name once."""
    of: Mapped[str | None] = mapped_column(String(128))
    """The dataset whose description it would change; None of a new one."""
    number: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EntryDraftVersionRow(Base):
    """One version, as JSON in UTF-8."""

    __tablename__ = "entry_draft_version"

    draft: Mapped[str] = mapped_column(String(36), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    author: Mapped[str] = mapped_column(String(64))
    """Position; of a department's system, `system:` and its id."""
    since: Mapped[datetime] = mapped_column(UtcDateTime)


class EntryDraftResourceRow(Base):
    """Which draft has a resource of this id."""

    __tablename__ = "entry_draft_resource"

    organisation: Mapped[str] = mapped_column(String(18), primary_key=True)
    resource: Mapped[str] = mapped_column(String(100), primary_key=True)
    draft: Mapped[str] = mapped_column(String(36), index=True)


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """The newest version of a draft."""

    id: str
    organisation: str
    name: str
    of: str | None
    number: int
    digest: str
    content: DraftContent
    author: str
    made_at: datetime
    changed_at: datetime
    deleted_at: datetime | None = None


class DraftNameInUse(Conflict):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"本部门已有名为“{name[:100]}”的草稿", f"your department has a draft {name[:100]}"
        )


def no_draft(draft: str) -> NotFound:
    """Of another department's, as of one that there is not."""
    return NotFound(f"没有草稿“{draft[:64]}”", f"there is no draft “{draft[:64]}”")


def dump_content(content: DraftContent) -> bytes:
    """In one form for equal contents. Raises TooLarge."""
    made = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    if len(made) > CONTENT_BYTES:
        raise TooLarge(
            f"一份草稿最多 {CONTENT_BYTES // 1024} KB，请删减后重试",
            f"a draft has at most {CONTENT_BYTES // 1024} KB: shorten it and try again",
        )
    return made


def digest_of(content: DraftContent) -> str:
    return sha256(dump_content(content)).hexdigest()


class EntryDrafts:
    """The drafts of one department; those of others do not exist for it."""

    def __init__(self, database: Engine, organisation: str, clock: Clock) -> None:
        self._database = database
        self._organisation = organisation
        self._clock = clock

    def find(self, reference: str) -> EntryDraft | None:
        """By id or by name, of those that are not deleted."""
        row = EntryDraftRow
        named = (row.id == reference) | (row.used_name == reference)
        return next(iter(self._read(row.deleted_at.is_(None), named)), None)

    def find_change(self, dataset: str) -> EntryDraft | None:
        """The draft of a change of a dataset."""
        row = EntryDraftRow
        return next(iter(self._read(row.deleted_at.is_(None), row.of == dataset)), None)

    def find_of_resource(self, resource: str) -> EntryDraft | None:
        row = EntryDraftResourceRow
        mine = (row.organisation == self._organisation, row.resource == resource)
        wanted = select(row.draft).where(*mine)
        return next(
            iter(self._read(EntryDraftRow.deleted_at.is_(None), EntryDraftRow.id.in_(wanted))), None
        )

    def find_deleted(self, draft: str) -> EntryDraft | None:
        """By id, as long as it can be restored."""
        row = EntryDraftRow
        return next(iter(self._read(row.id == draft, row.deleted_at > self._earliest())), None)

    def current(self) -> Sequence[EntryDraft]:
        """Those that changed last come first."""
        return self._read(EntryDraftRow.deleted_at.is_(None))

    def deleted(self) -> Sequence[EntryDraft]:
        """Those that can be restored."""
        return self._read(EntryDraftRow.deleted_at > self._earliest())

    def versions(self, draft: str) -> list[tuple[int, str, datetime]]:
        """Number, author and time of the stored versions, the newest first."""
        row, version = EntryDraftRow, EntryDraftVersionRow
        wanted = (
            select(version.number, version.author, version.since)
            .join(row, row.id == version.draft)
            .where(row.organisation == self._organisation, row.id == draft)
            .order_by(version.number.desc())
        )
        with transaction(self._database) as session:
            return [(number, author, since) for number, author, since in session.execute(wanted)]

    def create(
        self, content: DraftContent, author: str, *, of: str | None = None, draft: str | None = None
    ) -> EntryDraft:
        """Raises DraftNameInUse, TooLarge, and Conflict where the department has too many."""
        now, name = self._clock(), str(content["name"])
        row = EntryDraftRow(
            id=draft or str(uuid4()),
            organisation=self._organisation,
            name=name,
            used_name=name,
            of=of,
            number=1,
            digest=digest_of(content),
            made_at=now,
            changed_at=now,
            deleted_at=None,
        )
        try:
            with transaction(self._database) as session:
                self._purge(session)
                self._check_count(session)
                session.add(row)
                _put_version(session, row, content, author)
                self._check_size(session)
        except IntegrityError as fault:
            raise DraftNameInUse(name) from fault
        return _draft_of(row, content, author)

    def change(self, former: EntryDraft, content: DraftContent, author: str) -> EntryDraft:
        """The next version; the same one where nothing changes. One that was deleted comes back.

        Raises DraftNameInUse, TooLarge, and Conflict where the former version is no longer the
        newest.
        """
        digest, name, now = digest_of(content), str(content["name"]), self._clock()
        if digest == former.digest and former.deleted_at is None:
            return former
        row = EntryDraftRow
        number = former.number + 1
        wanted = update(row).where(
            row.organisation == self._organisation,
            row.id == former.id,
            row.number == former.number,
            row.deleted_at.is_(None) if former.deleted_at is None else row.deleted_at.is_not(None),
        )
        values = {"number": number, "digest": digest, "name": name, "used_name": name}
        try:
            with transaction(self._database) as session:
                if former.deleted_at is not None:
                    self._check_count(session)
                done = session.execute(wanted.values(**values, changed_at=now, deleted_at=None))
                if not done.rowcount:  # type: ignore[attr-defined]  # of an update
                    raise _changed_meanwhile(former.id)
                found = session.get(row, former.id, populate_existing=True)
                assert found is not None  # it was updated
                _put_version(session, found, content, author)
                self._check_size(session)
                return _draft_of(found, content, author)
        except IntegrityError as fault:
            raise DraftNameInUse(name) from fault

    def delete(self, draft: EntryDraft) -> None:
        """Raises Conflict where it has changed meanwhile."""
        row = EntryDraftRow
        wanted = update(row).where(
            row.organisation == self._organisation,
            row.id == draft.id,
            row.number == draft.number,
            row.deleted_at.is_(None),
        )
        with transaction(self._database) as session:
            done = session.execute(wanted.values(deleted_at=self._clock(), used_name=None))
            if not done.rowcount:  # type: ignore[attr-defined]  # of an update
                raise _changed_meanwhile(draft.id)
            _put_resources(session, self._organisation, draft.id, ())
            old = EntryDraftVersionRow
            session.execute(delete(old).where(old.draft == draft.id, old.number < draft.number))
            self._purge(session)

    def restore(self, draft: EntryDraft) -> EntryDraft:
        """As it was when it was deleted. Raises DraftNameInUse and Conflict."""
        return self.change(draft, draft.content, draft.author)

    def _earliest(self) -> datetime:
        return self._clock() - timedelta(days=RESTORE_DAYS)

    def _check_count(self, session: Session) -> None:
        """Raises Conflict. New drafts are written one after the other, so that none is too many."""
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("LOCK TABLE entry_draft IN SHARE ROW EXCLUSIVE MODE"))
        row = EntryDraftRow
        mine = (row.organisation == self._organisation, row.deleted_at.is_(None))
        count = session.scalar(select(func.count()).select_from(row).where(*mine)) or 0
        if count >= DRAFTS:
            raise Conflict(
                f"本部门已有 {DRAFTS} 份草稿，请先删除不用的",
                f"your department has {DRAFTS} drafts: delete those that are not needed",
            )

    def _check_size(self, session: Session) -> None:
        """Raises TooLarge."""
        row, version = EntryDraftRow, EntryDraftVersionRow
        newest = (version.draft == row.id) & (version.number == row.number)
        wanted = select(func.sum(func.length(version.content))).join(row, newest)
        mine = (row.organisation == self._organisation, row.deleted_at.is_(None))
        if (session.scalar(wanted.where(*mine)) or 0) > TOTAL_BYTES:
            size = TOTAL_BYTES // 1024 // 1024
            raise TooLarge(
                f"本部门的草稿合计最多 {size} MB，请先删除不用的",
                f"your department's drafts have at most {size} MB together: delete some first",
            )

    def _purge(self, session: Session) -> None:
        """Deleted drafts past their days, or of which there are too many."""
        row = EntryDraftRow
        deleted = (row.organisation == self._organisation, row.deleted_at.is_not(None))
        newest = select(row.id).where(*deleted).order_by(row.deleted_at.desc()).limit(DELETED)
        kept = set(session.scalars(newest.where(row.deleted_at > self._earliest())))
        gone = set(session.scalars(select(row.id).where(*deleted))) - kept
        if gone:
            session.execute(
                delete(EntryDraftVersionRow).where(EntryDraftVersionRow.draft.in_(gone))
            )
            session.execute(delete(row).where(row.id.in_(gone)))

    def _read(self, *where: Any) -> Sequence[EntryDraft]:  # Any: conditions of SQLAlchemy
        row, version = EntryDraftRow, EntryDraftVersionRow
        newest = (version.draft == row.id) & (version.number == row.number)
        wanted = (
            select(row, version.content, version.author)
            .join(version, newest)
            .where(row.organisation == self._organisation, *where)
            .order_by(row.changed_at.desc(), row.id)
        )
        with transaction(self._database) as session:
            found = session.execute(wanted).all()
        return [_draft_of(one, orjson.loads(content), author) for one, content, author in found]


def _draft_of(row: EntryDraftRow, content: DraftContent, author: str) -> EntryDraft:
    return EntryDraft(
        id=row.id,
        organisation=row.organisation,
        name=row.name,
        of=row.of,
        number=row.number,
        digest=row.digest,
        content=content,
        author=author,
        made_at=row.made_at,
        changed_at=row.changed_at,
        deleted_at=row.deleted_at,
    )


def _put_version(session: Session, row: EntryDraftRow, content: DraftContent, author: str) -> None:
    session.add(
        EntryDraftVersionRow(
            draft=row.id,
            number=row.number,
            digest=row.digest,
            content=dump_content(content),
            author=author,
            since=row.changed_at,
        )
    )
    old = EntryDraftVersionRow
    oldest = row.number - VERSIONS
    session.execute(delete(old).where(old.draft == row.id, old.number <= oldest))
    ids = [str(one["id"]) for one in content.get("resources", ())]
    _put_resources(session, row.organisation, row.id, ids)
    session.flush()


def _put_resources(session: Session, organisation: str, draft: str, ids: Iterable[str]) -> None:
    row, wanted = EntryDraftResourceRow, list(ids)
    session.execute(delete(row).where(row.draft == draft))
    mine = (row.organisation == organisation, row.resource.in_(wanted))
    if session.scalar(select(func.count()).select_from(row).where(*mine)):
        raise Conflict(
            "另一份草稿已有同样编号的资源", "another draft has a resource of the same id"
        )
    session.add_all(row(organisation=organisation, resource=one, draft=draft) for one in wanted)


def _changed_meanwhile(draft: str) -> Conflict:
    return Conflict(
        f"草稿 {draft} 已被他人修改或者删除，请重新读取后再改",
        f"draft {draft} was changed or deleted meanwhile: read it and change it again",
    )
