"""What the public reads of a dataset: comments and reuses that its department shows.

Of the author there is a name of their own choice, and whether it was a person or a firm.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from xihu_catalog.voices.acts import AUTHOR, DATA_COMMENT, DATA_REUSE, MODERATING, VOICES
from xihu_platform.clock import civil_date
from xihu_platform.matters.models import MatterPartyRow, MatterRow
from xihu_platform.matters.texts import MatterTexts

SHOWN = "shown"
"""The state in which all may read it."""
PAGE = 20
"""At once."""
FIRST_WORDS = 30
"""Characters of a text in its author's list."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One comment or reuse, as all may read it."""

    id: int
    """Of its matter."""
    kind: str
    written_on: date
    name: str | None
    """As the author chose to be called."""
    by_firm: bool
    text: str
    title: str | None = None
    """Of a reuse."""
    address: str | None = None
    """https, or none."""


def count_voices(session: Session, dataset: str) -> dict[str, int]:
    """How many are shown, by kind: each kind has its number."""
    row = MatterRow
    query = select(row.kind, func.count()).where(_of(dataset, VOICES)).group_by(row.kind)
    found = {one[0]: one[1] for one in session.execute(query)}
    return {kind: found.get(kind, 0) for kind in VOICES}


def count_waiting(session: Session, author: str, dataset: str) -> int:
    """How many of one author's on a dataset await moderation."""
    row, party = MatterRow, MatterPartyRow
    query = (
        select(func.count())
        .select_from(row)
        .join(party, and_(party.matter == row.id, party.role == AUTHOR))
        .where(row.about == dataset, row.kind.in_(VOICES), row.state == MODERATING)
        .where(party.key == author)
    )
    return session.scalar(query) or 0


def list_voices(
    session: Session,
    texts: MatterTexts,
    dataset: str,
    kinds: Collection[str] = VOICES,
    *,
    offset: int = 0,
    limit: int = PAGE,
) -> list[Voice]:
    """Those that are shown, the newest first. One whose text is being erased is left out."""
    row, party = MatterRow, MatterPartyRow
    query = (
        select(row.id, row.kind, row.opened_at, party.kind)
        .join(party, and_(party.matter == row.id, party.role == AUTHOR))
        .where(_of(dataset, kinds))
        .order_by(row.id.desc())
        .offset(offset)
        .limit(limit)
    )
    rows = session.execute(query).all()
    written = texts.read_many(session, [one[0] for one in rows])
    found = []
    for matter, kind, opened_at, author in rows:
        said = {name: text for (seq, name), text in written.get(matter, {}).items() if seq == 1}
        text = said.get("comment") if kind == DATA_COMMENT else said.get("description")
        if text is not None:
            found.append(
                Voice(
                    id=matter,
                    kind=kind,
                    written_on=civil_date(opened_at),
                    name=said.get("name"),
                    by_firm=author == "firm",
                    text=text,
                    title=said.get("title") if kind == DATA_REUSE else None,
                    address=said.get("address") if kind == DATA_REUSE else None,
                )
            )
    return found


def first_words(session: Session, texts: MatterTexts, matters: Collection[int]) -> dict[int, str]:
    """What each begins with, for its author: the title of a reuse, else the first line. The caller
    has asked whose they are."""
    found = {}
    for matter, written in texts.read_many(session, matters).items():
        said = {name: text for (seq, name), text in written.items() if seq == 1}
        text = said.get("title") or said.get("comment") or ""
        first = next(iter(text.split("\n")), "").strip()
        if first:
            found[matter] = first if len(first) <= FIRST_WORDS else f"{first[:FIRST_WORDS]}…"
    return found


def _of(dataset: str, kinds: Collection[str]) -> ColumnElement[bool]:
    row = MatterRow
    return and_(row.about == dataset, row.kind.in_(kinds), row.state == SHOWN)
