"""The register of mandates: who may act for whom, what it rests on, and how it came to an end."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from xihu_platform.identity.models import MandateRow, PersonRow


@dataclass(frozen=True, slots=True)
class KnownMandate:
    """One mandate as it is registered, whether or not it is in force."""

    agent: str
    """The person who may act."""
    agent_name_zh: str
    agent_name_en: str
    kind: str
    key: str
    """Whom they may act for."""
    name_zh: str
    name_en: str
    valid_from: date
    valid_to: date
    items: tuple[str, ...]
    evidence: str
    matter: int | None
    """In which it was agreed to; None of one that was registered elsewhere."""
    ended_on: date | None

    def in_force(self, day: date) -> bool:
        return self.ended_on is None and self.valid_from <= day <= self.valid_to


def put_in_force(
    session: Session, *, agent: str, principal: str, name: tuple[str, str], **said: object
) -> None:
    """A new mandate of an adult, beside others of the same pair. `said`: `matter`, `items`,
    `valid_from`, `valid_to` and `evidence`, as the table has them."""
    row = MandateRow(person=agent, kind="elder", key=principal, **said)
    row.name_zh, row.name_en = name
    session.add(row)
    session.flush()


def end_mandate(session: Session, matter: int, on: date) -> None:
    """From now on it is in force no longer; what was done under it stays as it was done."""
    row = MandateRow
    of = update(row).where(row.matter == matter, row.matter != 0, row.ended_on.is_(None))
    session.execute(of.values(ended_on=on))


def mandates_of(session: Session, principal: str) -> list[KnownMandate]:
    """Who may act for somebody, or might once; by the last day, the latest first."""
    return _known(session, MandateRow.key == principal)


def mandates_held(session: Session, agent: str) -> list[KnownMandate]:
    """Whom somebody may act for, or might once."""
    return _known(session, MandateRow.person == agent)


def name_in_mandate(session: Session, agent: str, principal: str) -> str | None:
    """The name of a person or firm as it was registered last with whoever acts for them, also after
    the end: with this agent before others of the same day."""
    row = MandateRow
    newest = (row.valid_from.desc(), row.person != agent, row.valid_to.desc(), row.matter.desc())
    query = select(row.name_zh).where(row.key == principal).order_by(*newest)
    return session.scalar(query.limit(1))


def _known(session: Session, which: ColumnElement[bool]) -> list[KnownMandate]:
    row, person = MandateRow, PersonRow
    query = (
        select(row, person.name_zh, person.name_en)
        .join(person, person.person == row.person)
        .where(which)
        .order_by(row.valid_to.desc(), row.matter.desc(), row.person, row.kind, row.key)
    )
    return [
        KnownMandate(
            agent=one.person,
            agent_name_zh=zh,
            agent_name_en=en,
            kind=one.kind,
            key=one.key,
            name_zh=one.name_zh,
            name_en=one.name_en,
            valid_from=one.valid_from,
            valid_to=one.valid_to,
            items=tuple(one.items.split()),
            evidence=one.evidence,
            matter=one.matter or None,
            ended_on=one.ended_on,
        )
        for one, zh, en in session.execute(query)
    ]
