"""Tables of harvesting: runs, the pages of a run that is not finished, and records."""

from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from xihu_catalog.datasets.stored import ID_LENGTH
from xihu_catalog.harvest.names import RECORD_LENGTH
from xihu_platform.database import Base, UtcDateTime

RunState = Literal["running", "interrupted", "complete", "partial", "refused", "failed"]
"""`interrupted` may be resumed; `partial`: not the whole catalogue was read;
`refused`: too many records were missing, none of them was removed."""
_Number = BigInteger().with_variant(Integer(), "sqlite")


class HarvestRunRow(Base):
    """One harvest of one source."""

    __tablename__ = "harvest_run"

    id: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=True)
    source: Mapped[str] = mapped_column(String(64), index=True)
    url: Mapped[str] = mapped_column(String(2000))
    started: Mapped[datetime] = mapped_column(UtcDateTime)
    ended: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(16))
    new: Mapped[int] = mapped_column(Integer, default=0)
    changed: Mapped[int] = mapped_column(Integer, default=0)
    same: Mapped[int] = mapped_column(Integer, default=0)
    removed: Mapped[int] = mapped_column(Integer, default=0)
    failed: Mapped[int] = mapped_column(Integer, default=0)
    confirmed: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether an operator has confirmed what it removes."""
    error_zh: Mapped[str | None] = mapped_column(String(1000))
    error_en: Mapped[str | None] = mapped_column(String(1000))


class HarvestPageRow(Base):
    """A page that is written: the checkpoint of a run, deleted when it ends. `seen` has 8 bytes of
    the hash of each record's id, `deferred` the facts of records that may be renamed ones."""

    __tablename__ = "harvest_page"

    run: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    address: Mapped[str] = mapped_column(String(2000))
    next: Mapped[str | None] = mapped_column(String(2000))
    count: Mapped[int] = mapped_column(Integer)
    total: Mapped[int | None] = mapped_column(Integer)
    seen: Mapped[bytes] = mapped_column(LargeBinary)
    deferred: Mapped[bytes] = mapped_column(LargeBinary)


class HarvestRecordRow(Base):
    """A record of a source. `facts` are as they were harvested, without the edits."""

    __tablename__ = "harvest_record"

    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    record: Mapped[str] = mapped_column(String(RECORD_LENGTH), primary_key=True)
    entry: Mapped[str | None] = mapped_column(String(ID_LENGTH), unique=True)
    digest: Mapped[str | None] = mapped_column(String(64))
    facts: Mapped[bytes | None] = mapped_column(LargeBinary)
    edits: Mapped[bytes | None] = mapped_column(LargeBinary)
    in_force: Mapped[bool] = mapped_column(Boolean)
    """Whether the catalogue has the entry; False of one that was removed, or never was valid."""
    error_zh: Mapped[str | None] = mapped_column(String(1000))
    error_en: Mapped[str | None] = mapped_column(String(1000))
    page_key: Mapped[str | None] = mapped_column(String(64), index=True)
    content_key: Mapped[str | None] = mapped_column(String(64), index=True)
    """Hashes of the address, and of title and first file, by which a renamed record is found."""
    added_run: Mapped[int] = mapped_column(BigInteger)
    changed_run: Mapped[int] = mapped_column(BigInteger)
