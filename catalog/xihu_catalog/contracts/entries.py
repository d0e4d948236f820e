"""Whether the entry of a dataset in the catalogue is published: the one place that says so.

A department's contract publishes nothing by itself. Its entry begins as a draft and is moved by the
events of a matter (`catalogue_entry` of the registry; Order 809 art. 13, 16, 17). What the
registry's folder has, and what was in force before entries were written down, is taken over as
published.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BigInteger, Engine, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from xihu_platform.access.policy import Reviewer
from xihu_platform.database import DECIDES, Base, UtcDateTime, transaction
from xihu_platform.words import Text

DRAFT, PUBLISHED = "draft", "published"
SHOWN = frozenset({PUBLISHED, "changing", "change_review"})
"""States in which others know of the dataset: a change leaves what was published where it is."""


NEXT = {
    "draft": Text(
        "安全保密和个人信息保护评估，由本部门数据管理员办理",
        "the assessment of secrecy and personal information, by the department's data steward",
    ),
    "assessed": Text(
        "由本部门数据共享工作负责人签署报送", "the signature of the head of its sharing office"
    ),
    "review": Text("由主管部门审核", "the review by the data authority"),
    "withdrawn": Text(
        "条目已撤销；重新发布须重新编制", "withdrawn: to publish it, draw the entry up again"
    ),
}
"""The next step of an entry that is not published, and whose it is."""


class CatalogueEntryRow(Base):
    """The state of one dataset's entry, written in the transaction of the event that moved it."""

    __tablename__ = "catalogue_entry"
    __table_args__ = {"info": DECIDES}

    dataset: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(String(32), index=True)
    """As the kind of matter names it."""
    matter: Mapped[int | None]
    """None before it is handed in, and of an entry that was taken over."""
    contract_digest: Mapped[str] = mapped_column(String(64))
    """The contract that the state speaks of: of a published one, the one that was reviewed."""
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_over: Mapped[bool]
    """Whether it was published before entries were reviewed here."""
    signed_digest: Mapped[str | None] = mapped_column(String(64))
    """`wider.same_digest` of what was assessed last, and then signed: nothing else is published."""
    proposed_digest: Mapped[str | None] = mapped_column(String(64))
    """The contract that would open more of a published dataset; the one in force decides until the
    authority has accepted the change."""
    proposed_origin: Mapped[str | None] = mapped_column(String(16))
    """`registry`, or None: a department handed it in."""
    published_snapshot: Mapped[int | None] = mapped_column(BigInteger)
    """The newest one when it was published; None without data, and of one taken over."""
    reviewer: Mapped[str | None] = mapped_column(String(18))
    """USCC of the authority, since it was first handed in."""
    region: Mapped[str | None] = mapped_column(String(6))
    """Division of the department, since then."""

    @property
    def is_published(self) -> bool:
        return self.state in SHOWN

    @property
    def reviewed_by(self) -> Reviewer | None:
        """Whoever knows of it beside its department while it is not published."""
        return Reviewer(self.reviewer, self.region or "") if self.reviewer else None


def note_contract(
    session: Session, dataset: str, digest: str, now: datetime, *, taken_over: bool
) -> None:
    """A contract comes into force: a new dataset begins as a draft, or is taken over.

    A draft follows its contract; an entry that is further on is moved by its matter alone.
    """
    row = session.get(CatalogueEntryRow, dataset)
    if row is not None:
        if row.state == DRAFT:
            row.contract_digest = digest
        return
    session.add(
        CatalogueEntryRow(
            dataset=dataset,
            state=PUBLISHED if taken_over else DRAFT,
            matter=None,
            contract_digest=digest,
            since=now,
            taken_over=taken_over,
        )
    )


def begin_anew(session: Session, dataset: str, same: str = "") -> None:
    """A contract of a dataset that the registry has taken out: nothing of it was reviewed, unless
    it is the `same`, by its digest."""
    row = session.get(CatalogueEntryRow, dataset)
    if row is not None and row.contract_digest != same:
        session.delete(row)
        session.flush()


def find_entry(database: Engine, dataset: str) -> CatalogueEntryRow | None:
    with transaction(database) as session:
        return session.get(CatalogueEntryRow, dataset)


def lock_entry(session: Session, dataset: str) -> CatalogueEntryRow | None:
    """The entry as it is now, until the end of the transaction: a contract that is handed in and a
    review that publishes come one after the other."""
    row = CatalogueEntryRow
    session.execute(update(row).where(row.dataset == dataset).values(dataset=dataset))
    return session.get(row, dataset, populate_existing=True)


def unpublished(database: Engine) -> dict[str, Reviewer | None]:
    """The datasets that have an entry which is not published, each with who reviews it."""
    wanted = select(CatalogueEntryRow).where(CatalogueEntryRow.state.not_in(SHOWN))
    with transaction(database) as session:
        return {row.dataset: row.reviewed_by for row in session.scalars(wanted)}


def may_begin(row: CatalogueEntryRow) -> bool:
    """Whether a matter of the entry can be opened: of a draft and of one taken over that have none,
    and anew of one withdrawn."""
    return row.state == "withdrawn" or (
        row.matter is None and (row.state == DRAFT or (row.taken_over and row.state == PUBLISHED))
    )


def beginning(database: Engine) -> frozenset[str]:
    """The datasets of whose entry a matter can be opened."""
    with transaction(database) as session:
        rows = session.scalars(select(CatalogueEntryRow)).all()
    return frozenset(row.dataset for row in rows if may_begin(row))


def change_waits(row: CatalogueEntryRow) -> bool:
    """Whether a contract waits whose change nobody has begun."""
    return row.state == PUBLISHED and row.proposed_digest is not None


def waiting_changes(database: Engine) -> list[CatalogueEntryRow]:
    """The entries of which such a contract waits, in the order of their datasets."""
    row = CatalogueEntryRow
    wanted = select(row).where(row.state == PUBLISHED, row.proposed_digest.is_not(None))
    with transaction(database) as session:
        return list(session.scalars(wanted.order_by(row.dataset)))


def entries_to_begin(database: Engine) -> list[CatalogueEntryRow]:
    """The drafts of which no matter was opened, in the order of their datasets."""
    row = CatalogueEntryRow
    wanted = select(row).where(row.state == DRAFT, row.matter.is_(None))
    with transaction(database) as session:
        return list(session.scalars(wanted.order_by(row.dataset)))


def is_hidden(session: Session, dataset: str) -> bool:
    """Whether it is written down as not published: what is said of it to others is what is said of
    a dataset that there is not."""
    row = session.get(CatalogueEntryRow, dataset)
    return row is not None and not row.is_published


def not_published(session: Session, datasets: Iterable[str]) -> list[str]:
    """Those of the datasets that others do not know of."""
    named = sorted(set(datasets))
    row = CatalogueEntryRow
    wanted = select(row.dataset).where(row.dataset.in_(named), row.state.in_(SHOWN))
    known = set(session.scalars(wanted))
    return [one for one in named if one not in known]
