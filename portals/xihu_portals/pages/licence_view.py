"""Licences of a visitor, or of whom they act for: found by their holder alone, and shown."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from xihu_catalog.registry.people import organisation_name
from xihu_catalog.services.case import licence_in_hand, serving_licences
from xihu_catalog.services.item import ServiceItem
from xihu_catalog.services.items import service_items
from xihu_catalog.services.mandate import covers, covers_kind
from xihu_platform.access.decision import FULL_LEVEL
from xihu_platform.access.record import actor
from xihu_platform.audit.leaving import CredentialAct, CredentialDone
from xihu_platform.clock import civil_date
from xihu_platform.credentials.document import Line
from xihu_platform.credentials.register import (
    STATES,
    Credential,
    credentials_of,
    facts_of,
    since_of,
)
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound
from xihu_platform.matters.views import MatterView
from xihu_platform.matters.who import party_as
from xihu_platform.words import Text
from xihu_portals.pages.visitor import Visitor

LICENCES = "/my/licences"


@dataclass(frozen=True, slots=True)
class ShownLicence:
    """One licence as its holder sees it, or whoever they show it to."""

    title: Text | None
    """None, like `holder`, where what it says was erased."""
    number: str
    issuer: Text
    holder: str | None
    state: Text
    valid: bool
    since: date
    issued: date
    valid_until: date | None
    lines: tuple[Line, ...]
    href: str


@dataclass(frozen=True, slots=True)
class LicenceInHand:
    """A licence of the kind that is applied for, which its holder has already."""

    number: str
    state: Text
    until: date | None
    """None: without an end."""
    href: str | None
    """Where its holder reads it; None at the desk."""
    returns: bool
    """Whether the reader may give it back there."""


def holders(visitor: Visitor) -> tuple[str, ...]:
    """Every form of the key of whoever the visitor is or acts for. Raises Refused below level 2."""
    mine = party_as(visitor.principal, "applicant")
    return visitor.services.gateway.forms(mine.key) if mine.kind == "person" else (mine.key,)


def own_licences(visitor: Visitor) -> tuple[Credential, ...]:
    """By a mandate that names services, those that came of these alone."""
    mandate, matters = visitor.principal.mandate, visitor.services.matters
    with transaction(visitor.services.node.database) as session:
        found = credentials_of(session, holders(visitor))
        if mandate is None or not mandate.items:
            return found
        items = service_items()
        views = {one.id: matters.view(session, one.matter) for one in found}
        return tuple(
            one for one in found if covers_kind(items, views[one.id].definition.kind, mandate)
        )


def own_licence(visitor: Visitor, number: int) -> Credential:
    """Raises NotFound for one of somebody else, as for one that there is not."""
    found = next((one for one in own_licences(visitor) if one.id == number), None)
    if found is None:
        raise NotFound("您名下没有这份证照", "you have no such licence")
    return found


def licences_serving(visitor: Visitor, item: ServiceItem) -> dict[str, str]:
    """By the paper of a service in whose place it serves, the number of a licence of the visitor,
    or of whom they act for: for whoever is signed in at the level at which licences are shown."""
    principal = visitor.principal
    nobody = principal.mandate is None and principal.subject is None
    if principal.kind != "citizen" or principal.level < FULL_LEVEL or nobody:
        return {}
    of = [visitor.principal.mandate] if visitor.principal.mandate is not None else []
    if not all(covers(one, item) for one in of):
        return {}
    with transaction(visitor.services.node.database) as session:
        found = serving_licences(session, item, holders(visitor))
    if found:
        record_credential(visitor, "list", None, len(found))
    return found


def own_licence_in_hand(visitor: Visitor, item: ServiceItem) -> LicenceInHand | None:
    """Of the visitor, or of whom they act for."""
    mandate, day = visitor.principal.mandate, civil_date(visitor.services.node.clock())
    with transaction(visitor.services.node.database) as session:
        one = licence_in_hand(session, item, holders(visitor), day, None)
    if one is None:
        return None
    record_credential(visitor, "look", one)
    returns = mandate is None or not mandate.items
    state = STATES[one.state_on(day)]
    return LicenceInHand(one.number, state, one.valid_until, f"{LICENCES}/{one.id}", returns)


def applicant_licence_in_hand(
    visitor: Visitor, view: MatterView, item: ServiceItem
) -> LicenceInHand | None:
    """Of whoever a case is of, for the position that has it."""
    keys = view.keys("applicant")
    day = civil_date(visitor.services.node.clock())
    with transaction(visitor.services.node.database) as session:
        one = licence_in_hand(session, item, keys, day, view.id)
    if one is None:
        return None
    return LicenceInHand(one.number, STATES[one.state_on(day)], one.valid_until, None, False)


def shown_licence(visitor: Visitor, session: Session, one: Credential) -> ShownLicence:
    services = visitor.services
    today = civil_date(services.node.clock())
    facts = facts_of(session, services.matters.texts, one)
    state = one.state_on(today)
    return ShownLicence(
        title=facts.title if facts else None,
        number=one.number,
        issuer=organisation_name(one.issuer),
        holder=facts.holder_name if facts else None,
        state=STATES[state],
        valid=state == "valid",
        since=since_of(session, one, today),
        issued=civil_date(one.issued_at),
        valid_until=one.valid_until,
        lines=facts.lines if facts else (),
        href=f"{LICENCES}/{one.id}",
    )


def record_credential(
    visitor: Visitor, did: CredentialDone, one: Credential | None, rows: int = 1
) -> None:
    """In the log before anything of it leaves. Raises AuditUnavailable."""
    act = CredentialAct(actor(visitor.principal), did, one.id if one else None, rows)
    visitor.services.log.record(act.entry())
