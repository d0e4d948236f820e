"""我的证照: the licences of a person, or of the firm they act for, each with its state."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from xihu_platform.access.decision import FULL_LEVEL, OWN_LEVEL
from xihu_platform.database import transaction
from xihu_platform.words import Text
from xihu_portals.citizen.verification import unproven, verification
from xihu_portals.pages.licence_view import (
    LICENCES,
    ShownLicence,
    own_licences,
    record_credential,
    shown_licence,
)
from xihu_portals.pages.visitor import SignedInCitizen, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Action, State, Words
from xihu_portals.web.render import render

router = APIRouter()


@dataclass(frozen=True, slots=True)
class MyLicences:
    """Which licences do I have, and are they valid?"""

    frame: PageFrame
    licences: tuple[ShownLicence, ...]
    state: State | None = None
    """In place of the list: real-name level too low, or none there."""
    mandate: Words | None = None
    """Whom the reader acts for: the list is then theirs."""


def fill(visitor: Visitor) -> MyLicences:
    chosen = visitor.principal.mandate
    mandate = Text(chosen.name_zh, chosen.name_en) if chosen is not None else None
    if visitor.principal.level < OWN_LEVEL:
        return MyLicences(visitor.frame, (), unproven())
    found = own_licences(visitor)
    record_credential(visitor, "list", None, len(found))
    with transaction(visitor.services.node.database) as session:
        shown = tuple(shown_licence(visitor, session, one) for one in found)
    return MyLicences(visitor.frame, shown, None if shown else _none(), mandate)


def _none() -> State:
    return State(
        "empty",
        Text("这里还没有证照", "There is no licence here yet"),
        Text(
            "在本平台申请的服务批准之后，电子证照自动出现在这里，不用另外领取。"
            "以前发的纸质证照和在别处办的，不在这里。",
            "When a service that you apply for on this platform is granted, its electronic licence "
            "appears here by itself. Licences on paper, and those issued elsewhere, are not here.",
        ),
        action=Action(Text("看看能办什么", "See what can be applied for"), "/services"),
    )


@router.get(LICENCES)
def page(request: Request, visitor: SignedInCitizen) -> Response:
    way = verification(visitor, FULL_LEVEL, LICENCES)
    if way is not None:
        return RedirectResponse(way, status_code=303)
    return render(request, "citizen/licences.html", fill(visitor))
