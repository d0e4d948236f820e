"""Subscriptions over HTTP, and the private Atom feed of one.

A feed's address is its only key: no cookie is read, nothing may keep the answer, and what it says
is decided at each request as its subscriber, and logged as a read of theirs.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from xihu_catalog.subscriptions.evaluation import end
from xihu_catalog.subscriptions.model import Subscription, SubscriptionEnds, WatchedFor
from xihu_catalog.subscriptions.outgoing import atom_feed
from xihu_catalog.subscriptions.payload import ComposedNotice, Event, compose, ended
from xihu_catalog.subscriptions.service import Subscriptions, Wanted, log_of
from xihu_catalog.subscriptions.subscriber import subscriber
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, Refused
from xihu_platform.identity.address import caller_of
from xihu_platform.identity.principal import ANONYMOUS
from xihu_portals.api.auth import Caller, SignedIn, know_as, purpose_for, services_of
from xihu_portals.api.datasets import language, parse_facet
from xihu_portals.api.errors import OF_CALLERS, errors
from xihu_portals.api.schemas.subscriptions import (
    SubscriptionAsked,
    SubscriptionDetails,
    SubscriptionEntry,
    SubscriptionList,
    SubscriptionSending,
    SubscriptionState,
)
from xihu_portals.services import Services

router = APIRouter(prefix="/api/v1", tags=["subscriptions"], responses=OF_CALLERS)
feeds = APIRouter(include_in_schema=False)
FEED_EVENTS = 10
"""Entries of a feed: each is decided and read at each request."""
Name = Annotated[str, Path(max_length=20, description="Id of the subscription")]


@router.get("/subscriptions")
def list_subscriptions(request: Request, caller: SignedIn) -> SubscriptionList:
    """The caller's own, in the position that they act in."""
    found = _room(request).list_of(caller)
    return SubscriptionList(subscriptions=[SubscriptionEntry(**_said(one)) for one in found])


@router.post("/subscriptions", status_code=201, responses=errors(Conflict, Refused, NotFound))
def subscribe(request: Request, caller: SignedIn, asked: SubscriptionAsked) -> SubscriptionEntry:
    """Subscribe. The same once more is the one there is already, which goes on if it had ended.

    What the caller may not know of is answered as what does not exist.
    """
    services = services_of(request)
    if asked.kind in {"search", "new_entry"}:
        facets = tuple(parse_facet(one) for one in asked.facets)
    else:
        facets = ()
    wanted = Wanted(
        kind=asked.kind,
        subject=asked.dataset,
        question=WatchedFor(tuple(asked.filters), asked.q.strip(), facets),
        purpose=purpose_for(caller, asked.purpose, None, asked.why),
        frequency=asked.frequency,
        channels=tuple(asked.channels),
        language=language(request),
    )
    one = _room(request).subscribe(services, caller, wanted, services.node.clock())
    return SubscriptionEntry(**_said(one))


@router.get("/subscriptions/{subscription}", responses=errors(NotFound))
def get_subscription(request: Request, caller: SignedIn, subscription: Name) -> SubscriptionDetails:
    """One of the caller's own, with the log of its sendings."""
    room, lang = _room(request), language(request)
    one = room.get(caller, subscription)
    sent = [
        SubscriptionSending(
            at=line.at,
            way=line.way,
            state=line.state,
            attempts=line.attempts,
            why=line.why_zh if lang == "zh" else line.why_en,
        )
        for line in log_of(room.database, one.id)
    ]
    return SubscriptionDetails(**_said(one), log=sent)


@router.post("/subscriptions/{subscription}/state", responses=errors(NotFound, Refused, BadInput))
def set_subscription_state(
    request: Request, caller: SignedIn, subscription: Name, asked: SubscriptionState
) -> SubscriptionEntry:
    """Pause it, let it go on, or end it."""
    services = services_of(request)
    now, room = services.node.clock(), _room(request)
    one = room.change(services, caller, subscription, asked.state, now)
    return SubscriptionEntry(**_said(one))


@router.delete("/subscriptions/{subscription}", status_code=204, responses=errors(NotFound))
def delete_subscription(request: Request, caller: SignedIn, subscription: Name) -> Response:
    """With its notices and the log of its sendings."""
    _room(request).delete(caller, subscription)
    return Response(status_code=204)


@feeds.get("/feeds/{token}.atom")
def get_private_feed(request: Request, _caller: Caller, token: str) -> Response:
    """The newest notices of one subscription, by the address that its owner was shown."""
    everything: Services = request.app.state.services
    room = Subscriptions(everything.node.database, everything)
    one = room.find_by_feed(token[:200])
    if one is None:
        everything.gateway.limits.spend("checks", caller_of(ANONYMOUS))
        raise NotFound("没有这个订阅源", "there is no such feed")
    everything.gateway.limits.spend("streams", f"feed:{one.id}")
    notice = _notices(request, room, one)
    content = atom_feed(everything.node.settings.base_url, one, notice, one.language)
    headers = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"}
    return Response(content, media_type="application/atom+xml", headers=headers)


def _notices(
    request: Request, room: Subscriptions, one: Subscription
) -> list[tuple[Event, ComposedNotice]]:
    """Decided now; of one that has ended, that it has and why."""
    node = request.app.state.services.node
    events = room.events(one.id, FEED_EVENTS)
    if one.state == "ended":
        return [(event, ended(one)) for event in events[:1]]
    try:
        with transaction(node.database) as session:
            reader = subscriber(session, one.sub, one.position, civil_date(node.clock()))
        known = know_as(request, reader)
        notice = [(event, compose(known, node.database, reader, one, event)) for event in events]
    except SubscriptionEnds as ends:
        end(node.database, one, ends.reason, node.clock())
        again = room.find(one.id)
        newest = room.events(one.id, 1)
        return [(event, ended(again or one)) for event in newest]
    return [(event, said) for event, said in notice if said.count != 0]


def _room(request: Request) -> Subscriptions:
    everything: Services = request.app.state.services
    return Subscriptions(everything.node.database, everything)


def _said(one: Subscription) -> dict[str, object]:
    asked = one.question
    return {
        "id": one.id,
        "kind": one.kind,
        "dataset": one.subject,
        "filters": list(asked.filters),
        "q": asked.text,
        "facets": [f"{name}:{value}" for name, value in asked.facets],
        "purpose": one.purpose.code,
        "frequency": one.frequency,
        "channels": list(one.channels),
        "state": one.state,
        "reason": one.reason,
        "created_at": one.created_at,
    }
