"""Who visits a page: the session's person, their principal, and the frame of the page.

A page takes one of `CitizenVisitor`, `SignedInCitizen`, `OfficialVisitor` or `InOffice` in its
signature. The first lets anyone in; the others send people to sign in, or to choose a position.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from xihu_catalog.registry.people import person_name
from xihu_platform.brain.service import askable
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound, NotSignedIn, PlatformError
from xihu_platform.identity import people
from xihu_platform.identity.models import SigninSession
from xihu_platform.identity.principal import ANONYMOUS, Mandate, PortalName, Principal
from xihu_platform.identity.tokens import Claims
from xihu_platform.words import Text
from xihu_portals.api.auth import know_as, services_of
from xihu_portals.edge.limited import spend
from xihu_portals.services import Services
from xihu_portals.web.frame import PageFrame, Person
from xihu_portals.web.parts import Choice


class NoPosition(PlatformError):
    """Signed in, but in no position yet: the page to choose one comes first."""

    status = 409


@dataclass(frozen=True, slots=True)
class Visitor:
    """The person at one page of one portal."""

    services: Services
    principal: Principal
    frame: PageFrame
    session: SigninSession | None = None

    def metrics(self) -> dict[str, MetricSpec]:
        """By id, those whose pages open for the visitor, for lists that lead to them."""
        services = self.services
        found = askable(services.gateway, self.principal, services.metrics.values())
        return {one.id: one for one in found}


async def _visitor(request: Request, portal: PortalName) -> Visitor:
    services = services_of(request)
    client = services.identity.clients[portal]
    found = await client.session_claims(request.cookies.get(client.portal.cookie))
    if found is None:
        return await run_in_threadpool(_nobody, services, portal)
    return await run_in_threadpool(_known, services, portal, *found)


def _nobody(services: Services, portal: PortalName) -> Visitor:
    frame = PageFrame(portal, services.node.clock(), acts=_acts(services))
    return Visitor(services, ANONYMOUS, frame)


def _acts(services: Services) -> tuple[int, int] | None:
    found = services.acts.progress()
    return (found.played, found.acts) if found else None


def _known(services: Services, portal: PortalName, claims: Claims, row: SigninSession) -> Visitor:
    now = services.node.clock()
    today = civil_date(now)
    official = portal == "official"
    with transaction(services.node.database) as session:
        positions = people.list_positions(session, row.person, today) if official else []
        chosen = position_at(row.position_id, [one.id for one in positions])
        principal = _principal(session, claims, row, chosen, today)
        mandates = [] if official else people.list_mandates(session, row.person, today)
    mandate = principal.mandate
    position = principal.position
    person = Person(
        name=person_name(row.person, principal.name),
        position=Text(position.title_zh, position.title_en) if position else None,
        organisation=Text(position.organisation_zh, position.organisation_en) if position else None,
        region=position.region if position else None,
        duties=frozenset(position.duties) if position else frozenset(),
        positions=len(positions),
        mandate=Text(mandate.name_zh, mandate.name_en) if mandate else None,
        mandates=_mandate_choices(mandates, mandate),
    )
    issuer = services.node.settings.identity.issuer
    targets = (_origin(issuer),) if issuer else ()
    acts = _acts(services)
    frame = PageFrame(portal, now, person, row.csrf, acts=acts, form_targets=targets)
    return Visitor(services, principal, frame, row)


def _mandate_choices(mandates: list[Mandate], chosen: Mandate | None) -> tuple[Choice, ...]:
    if not mandates:
        return ()
    oneself = Choice("", Text("本人", "Myself"), chosen is None)
    others = (
        Choice(people.mandate_id(b), Text(b.name_zh, b.name_en), b == chosen) for b in mandates
    )
    return (oneself, *others)


def position_at(chosen: str | None, held: list[str]) -> str | None:
    """The position somebody acts in: the one chosen, as long as they hold it; else the only one.

    >>> position_at("a", ["a", "b"]), position_at(None, ["a"]), position_at("ended", ["a"])
    ('a', 'a', 'a')
    >>> position_at(None, ["a", "b"]), position_at("ended", ["a", "b"]), position_at("ended", [])
    (None, None, None)
    """
    if chosen in held:
        return chosen
    return held[0] if len(held) == 1 else None


def _principal(
    session: Session, claims: Claims, row: SigninSession, position: str | None, today: object
) -> Principal:
    """A firm chosen earlier may have ended since: then none is chosen."""
    official = row.portal == "official"
    for mandate in (None,) if official else (row.mandate, None):
        try:
            return people.principal_of(
                session,
                claims,
                position_id=position,
                mandate=mandate,
                today=today,  # type: ignore[arg-type]  # a date
            )
        except NotFound:
            continue
    raise NotSignedIn("请重新登录。", "Sign in again.")


def _origin(url: str) -> str:
    return "/".join(url.split("/")[:3])


def _at(portal: PortalName) -> Callable[[Request], Awaitable[Visitor]]:
    async def visitor(request: Request) -> Visitor:
        found = await _visitor(request, portal)
        known = await run_in_threadpool(know_as, request, found.principal)
        found = replace(found, services=known)
        spend(request, found.principal)
        return found

    return visitor


CitizenVisitor = Annotated[Visitor, Depends(_at("citizen"))]
OfficialVisitor = Annotated[Visitor, Depends(_at("official"))]


def _signed_in(visitor: CitizenVisitor) -> Visitor:
    if visitor.session is None:
        raise NotSignedIn("请先登录，再查看本人数据。", "Sign in to see your own records.")
    return visitor


def _official(visitor: OfficialVisitor) -> Visitor:
    if visitor.session is None:
        raise NotSignedIn("请先登录公务门户。", "Sign in to the official portal.")
    return visitor


SignedInCitizen = Annotated[Visitor, Depends(_signed_in)]
SignedInOfficial = Annotated[Visitor, Depends(_official)]


def _in_office(visitor: SignedInOfficial) -> Visitor:
    if visitor.principal.position is None:
        raise NoPosition("请先选择岗位。", "Choose a position first.")
    return visitor


InOffice = Annotated[Visitor, Depends(_in_office)]


async def visitor_of(request: Request) -> Visitor:
    """For an error page: who is there, or nobody where even that fails."""
    portal: PortalName = "official" if request.url.path.startswith("/official") else "citizen"
    services = services_of(request)
    try:
        return await _visitor(request, portal)
    except PlatformError:
        return Visitor(services, ANONYMOUS, PageFrame(portal, services.node.clock()))
