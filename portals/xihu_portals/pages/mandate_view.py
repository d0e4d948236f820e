"""Mandates as the two sides see them: what each is for, what it rests on, and how it ends."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from xihu_catalog.services.items import service_items
from xihu_catalog.services.mandate_giving import agent_name, asked_of, last_acted
from xihu_platform.clock import civil_date
from xihu_platform.credentials.register import masked_name
from xihu_platform.identity.mandate_codes import living_requests
from xihu_platform.identity.mandates import KnownMandate, mandates_held, mandates_of
from xihu_platform.matters.views import MatterView
from xihu_platform.words import Text
from xihu_portals.pages.matter_acts import CITIZEN
from xihu_portals.pages.matter_form import new_key
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.parts import Link, Words

MANDATES = "/my/mandates"
ENDS: dict[str, Text] = {
    "given": Text(
        "到期自动结束；授权人可以随时收回，代办人可以随时不再代办",
        "With its last day; the principal may withdraw it, and the agent give it up, at any moment",
    ),
    "elder": Text(
        "到期自动结束；提前收回，请授权人到政务服务窗口办理",
        "With its last day; before, the principal withdraws it at a service counter",
    ),
    "child": Text(
        "法定监护，子女年满十八周岁自动结束，不由任何一方收回",
        "By law, on the child's eighteenth birthday; neither side withdraws it",
    ),
    "firm": Text(
        "到期自动结束；企业更换经办人时，由企业到登记机关或者政务服务窗口办理",
        "With its last day; before, the firm names another handler at the registry or a counter",
    ),
}
_RESTS_ON: dict[str, Text] = {
    "elder": Text("窗口登记的授权委托书", "A mandate on paper, registered at a counter"),
    "child": Text("法定监护", "Guardianship by law"),
    "firm": Text("企业登记的经办人", "The handler that the firm registered"),
}


@dataclass(frozen=True, slots=True)
class ShownMandate:
    """One mandate in a list, as one of its sides reads it."""

    whom: Text
    """The other side."""
    services: tuple[Text, ...]
    """None: every one."""
    since: date
    until: date | None
    """None where no last day is known."""
    rests_on: Words | Link
    ends: Text
    ended_on: date | None
    """The day from which it is not in force any more."""
    acted: datetime | None
    """When something was done by it last."""
    matter: int | None = None
    """Where it can be ended here: its matter, the version seen and a key for the form."""
    version: int = 0
    key: str = ""


@dataclass(frozen=True, slots=True)
class AskedMandate:
    """One that waits for the principal's answer."""

    matter: int
    version: int
    key: str
    number: str
    whom: Text | None
    """Who asks; None for whoever asked, who is told nothing of the other."""
    services: tuple[tuple[str, Text, bool], ...]
    """Id, words and whether it is chosen."""
    until: str
    last: date
    """The latest day that may be agreed to."""


@dataclass(frozen=True, slots=True)
class OpenCode:
    """A code that nobody has used yet: what it asks for, and until when it can be used."""

    id: int
    services: tuple[Text, ...]
    until: date
    expires_at: datetime


def service_words(ids: Iterable[str]) -> tuple[Text, ...]:
    known = service_items()
    return tuple(known[one].name.text() if one in known else Text(one, one) for one in ids)


def given_by(visitor: Visitor, session: Session) -> tuple[ShownMandate, ...]:
    """Who may act for the visitor."""
    found = mandates_of(session, visitor.principal.subject or "")
    return tuple(
        _shown(visitor, session, one, Text(one.agent_name_zh, one.agent_name_en)) for one in found
    )


def held_by(visitor: Visitor, session: Session) -> tuple[ShownMandate, ...]:
    """Whom the visitor may act for."""
    found = mandates_held(session, visitor.principal.id)
    return tuple(_shown(visitor, session, one, Text(one.name_zh, one.name_en)) for one in found)


def _shown(visitor: Visitor, session: Session, one: KnownMandate, whom: Text) -> ShownMandate:
    today, rests_on = civil_date(visitor.frame.now), _rests_on(one)
    in_force, matter, version = one.in_force(today), None, 0
    if one.matter is not None and in_force:
        view = visitor.services.matters.view(session, one.matter)
        matter, version = view.id, view.version
    ended = one.ended_on
    if ended is None and one.valid_to < today:
        ended = one.valid_to + timedelta(days=1)
    return ShownMandate(
        whom=whom,
        services=service_words(one.items),
        since=one.valid_from,
        until=one.valid_to if one.valid_to != date.max else None,
        rests_on=rests_on,
        ends=ENDS["given" if one.matter is not None else one.kind],
        ended_on=ended,
        acted=last_acted(session, one),
        matter=matter,
        version=version,
        key=new_key(),
    )


def _rests_on(one: KnownMandate) -> Words | Link:
    if one.matter is not None:
        return Link(one.evidence, f"{CITIZEN}/{one.matter}")
    return one.evidence or _RESTS_ON[one.kind]


def waiting_for(
    visitor: Visitor, session: Session, chosen: frozenset[str] | None = None, until: str = ""
) -> tuple[AskedMandate, ...]:
    """What the visitor has to answer. `chosen` and `until`: as they were sent and not taken."""
    subject = visitor.principal.subject or ""
    matters = visitor.services.matters
    views = [matters.view(session, one) for one in asked_of(session, "principal", subject)]
    return tuple(_asked(view, _masked(agent_name(session, view)), chosen, until) for view in views)


def asked_by(visitor: Visitor, session: Session) -> tuple[AskedMandate, ...]:
    """What the visitor asked for and the other has not answered."""
    subject = visitor.principal.subject or ""
    matters = visitor.services.matters
    views = [matters.view(session, one) for one in asked_of(session, "agent", subject)]
    return tuple(_asked(view, None, None, "") for view in views)


def open_codes(visitor: Visitor, session: Session) -> tuple[OpenCode, ...]:
    now = visitor.services.node.clock()
    return tuple(
        OpenCode(one.id, service_words(one.items), one.until, one.expires_at)
        for one in living_requests(session, visitor.principal.id, now)
    )


def _masked(name: Text) -> Text:
    return Text(masked_name(name.zh), masked_name(name.en))


def _asked(
    view: MatterView, whom: Text | None, chosen: frozenset[str] | None, until: str
) -> AskedMandate:
    services, last = [str(one) for one in view.facts["services"]], str(view.facts["until"])
    words = zip(services, service_words(services), strict=True)
    return AskedMandate(
        matter=view.id,
        version=view.version,
        key=new_key(),
        number=view.number,
        whom=whom,
        services=tuple((one, text, chosen is None or one in chosen) for one, text in words),
        until=until or last,
        last=date.fromisoformat(last),
    )
