"""What waits for me: 待办, 我发起的, 我办过的, and what the organisation has open or closed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.services.start import all_duties
from xihu_catalog.sharing.openings import OF_OFFICES
from xihu_platform.access.offices import MATTERS, check, matters_refusal
from xihu_platform.clock import civil_date
from xihu_platform.errors import BadInput
from xihu_platform.matters.inbox import BOXES, LIMIT, Box, MatterLine, count_inbox, read_inbox
from xihu_platform.notices.unread import COUNT_LIMIT, count_unread
from xihu_platform.words import Text
from xihu_portals.official.desk import COLLEAGUE, is_for_another
from xihu_portals.pages import matter_view
from xihu_portals.pages.matter_acts import OFFICIAL
from xihu_portals.pages.matter_new import ways_to_open
from xihu_portals.pages.matter_subject import subject
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Action, Link, Pager, State, Words
from xihu_portals.web.render import render

PATH = OFFICIAL
NOTICES = "/official/notices"
LABELS: dict[Box, Text] = {
    "todo": Text("待办", "To do"),
    "started": Text("我发起的", "Started by me"),
    "done": Text("我办过的", "Handled by me"),
    "open": Text("本单位在办", "Open in my organisation"),
    "settled": Text("本单位已有结果", "Settled in my organisation"),
    "closed": Text("本单位办结", "Closed in my organisation"),
}
_EMPTY: dict[Box, Text] = {
    "todo": Text("没有等您办理的事项", "Nothing waits for you"),
    "started": Text("您还没有发起过事项", "You have started nothing yet"),
    "done": Text("您还没有办理过事项", "You have handled nothing yet"),
    "open": Text("本单位没有在办的事项", "Your organisation has nothing open"),
    "settled": Text(
        "没有已有结果、仍可办理的事项", "Nothing of your organisation is settled and still in force"
    ),
    "closed": Text("本单位没有办结的事项", "Your organisation has closed nothing"),
}
LAST_PAGE = 200
router = APIRouter()


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One matter: what it is, where it is, who has to act and since when, until when."""

    number: str
    href: str
    title: Text
    about: Words | None
    state: Text
    owner: Text | None
    """None where no step is due."""
    line: MatterLine
    due: Text | None
    overdue: bool
    told: Text | None = None
    """Why it is here for one who does not act themselves."""
    colleague: Text | None = None
    """Why a colleague has to act."""


@dataclass(frozen=True, slots=True)
class InboxPage:
    """What do I have to do, and who has the rest?"""

    frame: PageFrame
    tabs: tuple[Link, ...]
    box: Box
    label: Text
    waiting: int
    overdue: int
    lines: tuple[ShownLine, ...]
    empty: State
    pager: Pager
    ways: tuple[Link, ...] = ()
    """What can be opened from here: a complaint, a report."""


def fill(visitor: Visitor, box: Box, page: int) -> InboxPage:
    reason = matters_refusal(visitor.principal, visitor.frame.now)
    check(visitor.services.gateway, visitor.principal, MATTERS, reason)
    matters, today = visitor.services.matters, civil_date(visitor.frame.now)
    found = read_inbox(matters, visitor.principal, box, (page - 1) * LIMIT)
    waiting, overdue = count_inbox(matters, visitor.principal, today)
    return InboxPage(
        frame=visitor.frame,
        tabs=tabs(visitor, waiting, current=f"{PATH}?box={box}"),
        box=box,
        label=LABELS[box],
        waiting=waiting,
        overdue=overdue,
        lines=in_order(visitor, found.lines) if box == "todo" else of_box(visitor, found.lines),
        empty=_nothing(box),
        pager=Pager(
            shown=len(found.lines),
            total=None,
            previous_href=_page(box, page - 1) if page > 1 else None,
            next_href=_page(box, page + 1) if found.more else None,
            first=(page - 1) * LIMIT + 1,
        ),
        ways=ways_to_open(visitor, OF_OFFICES),
    )


def of_box(visitor: Visitor, lines: Iterable[MatterLine]) -> tuple[ShownLine, ...]:
    return tuple(shown(visitor, one) for one in lines)


def in_order(visitor: Visitor, lines: Iterable[MatterLine]) -> tuple[ShownLine, ...]:
    """What waits, as it comes; last, and marked, what only a colleague may decide."""
    marked = [(is_for_another(visitor, one), one) for one in lines]
    mine = [shown(visitor, one) for theirs, one in marked if not theirs]
    others = [shown(visitor, one) for theirs, one in marked if theirs]
    return (*mine, *(replace(one, colleague=COLLEAGUE) for one in others))


def shown(visitor: Visitor, line: MatterLine) -> ShownLine:
    today, state = civil_date(visitor.frame.now), line.definition.states[line.state]
    return ShownLine(
        number=line.number,
        href=f"{PATH}/{line.id}",
        title=line.definition.title,
        about=subject(visitor, line.definition.kind, line.id, line.about),
        state=matter_view.state_words(line.definition, line.state),
        owner=matter_view.parties_named(line.owner) if state.waits and line.owner else None,
        line=line,
        due=matter_view.due_words(line, today),
        overdue=line.overdue(today),
        told=_told(line),
    )


def _told(line: MatterLine) -> Text | None:
    """Why it is in the inbox of one who is not the owner of its state."""
    called = line.definition.events.get(line.called_for or "")
    if called is not None:
        return Text(f"等您办理：{called.title.zh}", f"It waits for you: {called.title.en}")
    late = all_duties().get(line.late_for or "")
    if late is None:
        return None
    return Text(f"“{late.name.zh}”已逾期，请督促", f"“{late.name.en}” is overdue: urge it")


def _tab(box: Box, waiting: int) -> Text:
    label = LABELS[box]
    if box != "todo" or not waiting:
        return label
    return Text(f"{label.zh} {waiting:,}", f"{label.en} {waiting:,}")


def tabs(visitor: Visitor, waiting: int, *, current: str) -> tuple[Link, ...]:
    """The ways to all lists; `current`: the address of the one that is shown."""
    unread = count_unread(visitor.services.matters, visitor.principal)
    number = f" {unread:,}" if unread < COUNT_LIMIT else f" {COUNT_LIMIT - 1}+"
    shown = number if unread else ""
    links = [(f"{PATH}?box={one}", _tab(one, waiting)) for one in BOXES]
    links.insert(1, (NOTICES, Text(f"待阅{shown}", f"To read{shown}")))
    return tuple(Link(label, href, current=href == current) for href, label in links)


def _nothing(box: Box) -> State:
    if box == "todo":
        action = Action(Text("到今日", "To Today"), "/official/")
        note = Text(
            "预警和在办的业务事由在“今日”。",
            "Warnings and your open grounds are on Today.",
        )
        return State("live", _EMPTY[box], note, action=action)
    if box == "started":
        action = Action(
            Text("到数据目录找数据", "Find data in the catalogue"), "/official/catalogue"
        )
        note = Text(
            "要用其他部门的数据，请在数据集页面申请使用。",
            "To use another department's data, request it on the dataset's page.",
        )
        return State("empty", _EMPTY[box], note, action=action)
    return State("empty", _EMPTY[box])


def _page(box: Box, page: int) -> str:
    asked = {"box": box} | ({"page": str(page)} if page > 1 else {})
    return f"{PATH}?{urlencode(asked)}"


def box_named(name: str) -> Box:
    """Raises BadInput for a list that there is not."""
    found: dict[str, Box] = {one: one for one in BOXES}
    if name not in found:
        raise BadInput(
            f"没有“{name[:20]}”这个列表，可用：{'、'.join(BOXES)}",
            f"there is no list “{name[:20]}”: there are {', '.join(BOXES)}",
        )
    return found[name]


@router.get(PATH)
def page(
    request: Request,
    visitor: InOffice,
    box: Annotated[str, Query(max_length=20)] = "todo",
    page: Annotated[int, Query(ge=1, le=LAST_PAGE)] = 1,
) -> HTMLResponse:
    return render(request, "official/inbox.html", fill(visitor, box_named(box), page))
