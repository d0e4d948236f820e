"""The person behind a token: positions, mandates, and the systems of departments."""

from collections.abc import Callable, Collection, Iterable
from datetime import date
from itertools import groupby
from typing import cast, get_args

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from xihu_platform.errors import BadInput, NotFound, NotSignedIn
from xihu_platform.identity.models import (
    MandateRow,
    OrganisationRow,
    PersonRow,
    PositionRow,
    SystemRow,
)
from xihu_platform.identity.principal import Duty, Mandate, Position, Principal
from xihu_platform.identity.seeds import (
    MandateSeed,
    OrganisationSeed,
    PersonSeed,
    PositionSeed,
    SystemSeed,
)
from xihu_platform.identity.tokens import Claims

Pseudonym = Callable[[str, str], str]
"""Makes the subject pseudonym from a kind of document and its number."""


def seed(
    session: Session,
    organisations: Iterable[OrganisationSeed],
    people: Iterable[PersonSeed],
    systems: Iterable[SystemSeed],
    pseudonym: Pseudonym,
) -> None:
    """Bring the tables up to the content; a second run changes nothing, nothing is removed."""
    for organisation in organisations:
        session.merge(
            OrganisationRow(
                uscc=organisation.uscc,
                code=organisation.code,
                name_zh=organisation.name_zh,
                name_en=organisation.name_en,
                region=organisation.region,
                kind=organisation.kind,
            )
        )
    session.flush()  # positions and systems refer to organisations
    for rank, person in enumerate(people):
        session.merge(_person_row(person, rank, pseudonym))
        session.flush()
        for position in person.positions:
            session.merge(_position_row(person.person, position))
        for mandate in person.mandates:
            session.merge(_mandate_row(person.person, mandate, pseudonym))
    for system in systems:
        session.merge(
            SystemRow(
                client_id=system.client_id,
                organisation=system.organisation,
                name_zh=system.name_zh,
                name_en=system.name_en,
            )
        )
    session.flush()


def _person_row(person: PersonSeed, rank: int, pseudonym: Pseudonym) -> PersonRow:
    if person.level not in (0, 1, 2, 3):
        raise BadInput(
            f"人员 {person.username} 的实名等级是 {person.level}，只能是 0 至 3。",
            f"Person {person.username} has real-name level {person.level}; it must be 0 to 3.",
        )
    document = person.document
    return PersonRow(
        person=person.person,
        username=person.username,
        name_zh=person.name_zh,
        name_en=person.name_en,
        level=person.level,
        subject=pseudonym(document.kind, document.number) if document else None,
        card_zh=person.card_zh,
        card_en=person.card_en,
        rank=rank,
    )


def _position_row(person: str, position: PositionSeed) -> PositionRow:
    return PositionRow(
        id=position.id,
        person=person,
        organisation=position.organisation,
        title_zh=position.title_zh,
        title_en=position.title_en,
        region=position.region,
        duties=" ".join(sorted(position.duties)),
        valid_from=position.valid_from,
        valid_to=position.valid_to,
    )


def _mandate_row(person: str, mandate: MandateSeed, pseudonym: Pseudonym) -> MandateRow:
    document = mandate.document
    key = pseudonym(document.kind, document.number) if document else mandate.key
    if not key:
        raise BadInput(
            f"{person} 可代表的“{mandate.name_zh}”既无 key 也无 document，请补上其一。",
            f"{mandate.name_en}, whom {person} may act for, has neither key nor document; add one.",
        )
    return MandateRow(
        person=person,
        kind=mandate.kind,
        key=key,
        name_zh=mandate.name_zh,
        name_en=mandate.name_en,
        valid_from=mandate.valid_from,
        valid_to=mandate.valid_to,
        matter=0,
        evidence=mandate.evidence,
        items=" ".join(sorted(mandate.items)),
    )


def get_organisation(session: Session, uscc: str) -> OrganisationRow:
    found = session.get(OrganisationRow, uscc)
    if found is None:
        raise NotFound(
            f"没有统一社会信用代码为 {uscc} 的机构。", f"There is no organisation with USCC {uscc}."
        )
    return found


def list_positions(session: Session, person_id: str, day: date) -> list[Position]:
    """The positions a person holds on a day, in the order of their ids."""
    return _positions(session, PositionRow.person == person_id, day)


def list_positions_by_id(session: Session, ids: Collection[str], day: date) -> list[Position]:
    """Those of these positions that somebody holds on a day, in the order of their ids."""
    return _positions(session, PositionRow.id.in_(ids), day)


def _positions(session: Session, which: ColumnElement[bool], day: date) -> list[Position]:
    rows = session.execute(
        select(PositionRow, OrganisationRow)
        .join(OrganisationRow, OrganisationRow.uscc == PositionRow.organisation)
        .where(which)
        .where(PositionRow.valid_from <= day, PositionRow.valid_to >= day)
        .order_by(PositionRow.id)
    )
    return [_position(row, organisation) for row, organisation in rows]


def _position(row: PositionRow, organisation: OrganisationRow) -> Position:
    known = set(row.duties.split()) & set(get_args(Duty))
    return Position(
        id=row.id,
        title_zh=row.title_zh,
        title_en=row.title_en,
        organisation=row.organisation,
        organisation_zh=organisation.name_zh,
        organisation_en=organisation.name_en,
        region=row.region,
        duties=frozenset(cast("set[Duty]", known)),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )


def list_mandates(session: Session, person_id: str, day: date) -> list[Mandate]:
    """Whom a person may act for on a day: each once, for all that is in force together."""
    rows = session.scalars(
        select(MandateRow)
        .where(MandateRow.person == person_id, MandateRow.ended_on.is_(None))
        .where(MandateRow.valid_from <= day, MandateRow.valid_to >= day)
        .order_by(MandateRow.kind, MandateRow.key, MandateRow.matter)
    )
    pairs = groupby(rows, lambda row: (row.kind, row.key))
    return [_mandate(list(of)) for _, of in pairs]


def _mandate(rows: list[MandateRow]) -> Mandate:
    """Of one pair: for the services of all its rows, and for every one where a row names none."""
    newest = rows[-1]
    every = any(not row.items for row in rows)
    return Mandate(
        kind=newest.kind,  # type: ignore[arg-type]  # written by those who know the kinds
        key=newest.key,
        name_zh=newest.name_zh,
        name_en=newest.name_en,
        valid_from=min(row.valid_from for row in rows),
        valid_to=max(row.valid_to for row in rows),
        items=frozenset() if every else frozenset(i for row in rows for i in row.items.split()),
    )


def mandate_id(mandate: Mandate) -> str:
    """How a choice of whom to act for is written in forms and sessions.

    >>> mandate_id(Mandate(kind="firm", key="91339", name_zh="甲", name_en="A"))
    'firm:91339'
    """
    return f"{mandate.kind}:{mandate.key}"


def principal_of(
    session: Session,
    claims: Claims,
    *,
    position_id: str | None = None,
    mandate: str | None = None,
    today: date,
) -> Principal:
    """The principal behind verified claims; a position or a mandate that no longer holds is
    refused, so that rights end on the day a position ends."""
    if claims.is_machine:
        return _system_principal(session, claims)
    person = session.get(PersonRow, claims.person or "")
    if person is None:
        raise NotSignedIn(
            f"账号 {claims.username} 未与本平台的人员关联，请联系系统管理员登记。",
            f"Account {claims.username} is not tied to a person of this platform; "
            "ask the system administrator to register it.",
        )
    position = find_position(session, person.person, position_id, today)
    return Principal(
        kind="official" if position else "citizen",
        id=person.person,  # the same with both issuers; Keycloak's own `sub` is not
        name=person.name_zh,
        level=claims.level,
        subject=person.subject,
        position=position,
        mandate=find_mandate(session, person.person, mandate, today),
        portal=claims.portal,
    )


def find_position(
    session: Session, person_id: str, position_id: str | None, today: date
) -> Position | None:
    """The chosen position, None where none is chosen; NotFound where it is not held today."""
    if position_id is None:
        return None
    for position in list_positions(session, person_id, today):
        if position.id == position_id:
            return position
    raise NotFound(
        f"您今天不担任职务 {position_id}，请重新选择职务。",
        f"You do not hold position {position_id} today; choose another one.",
    )


def find_mandate(
    session: Session, person_id: str, chosen: str | None, today: date
) -> Mandate | None:
    if chosen is None:
        return None
    for mandate in list_mandates(session, person_id, today):
        if mandate_id(mandate) == chosen:
            return mandate
    raise NotFound(
        "您今天不能代表所选的个人或单位，请重新选择。",
        "You may not act for the chosen person or firm today; choose again.",
    )


def _system_principal(session: Session, claims: Claims) -> Principal:
    # The client id is the signed `azp`. A name such as service-account-… proves nothing.
    system = session.get(SystemRow, claims.azp)
    if system is None:
        raise NotSignedIn(
            f"系统 {claims.azp} 未登记，请由系统管理员登记其所属部门。",
            f"System {claims.azp} is not registered; "
            "the system administrator has to enter its department.",
        )
    organisation = get_organisation(session, system.organisation)
    return Principal(
        kind="system",
        id=claims.azp,
        name=system.name_zh,
        position=Position(
            id=f"system:{system.client_id}",
            title_zh=system.name_zh,
            title_en=system.name_en,
            organisation=organisation.uscc,
            organisation_zh=organisation.name_zh,
            organisation_en=organisation.name_en,
            region=organisation.region,
        ),
    )
