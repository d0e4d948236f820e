"""业务事由: the grounds that my position has, and one opened by hand for a colleague."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import ColumnElement, func, or_, select
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.sharing.grounds import GROUND, ground_opening, items_of, readers_of
from xihu_platform.access.decision import HANDLING
from xihu_platform.access.grounds import GroundRow, GroundSubjectRow, is_open
from xihu_platform.access.offices import MATTERS, check, matters_refusal
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound, Reason, Refused
from xihu_platform.identity.principal import Position
from xihu_platform.matters.definition import Definition
from xihu_platform.words import Text
from xihu_portals.pages.grounds import ground_href, ground_state, item_named, kind_named
from xihu_portals.pages.matter_acts import check_form, open_matter
from xihu_portals.pages.matter_form import ActForm, FormOption, Given, Options, act_form, acting_as
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Pager, State
from xihu_portals.web.render import render

PATH = "/official/grounds"
LIMIT = 50
LAST_PAGE = 200
OPENERS = Reason(
    "ground_duty",
    Text("业务事由由经办人员或数据管理员开立", "a ground is opened by a handler or a data steward"),
    Text("《个人信息保护法》第六条、第二十八条", "PIPL art. 6, 28"),
    Text("请本单位的经办人员开立", "Ask a handler of your organisation to open it"),
)
_NOT_HERE = NotFound(
    "登记库没有“业务事由”这类事项，不能手工开立",
    "the registry has no kind of matter for grounds: none can be opened by hand",
)
router = APIRouter()


@dataclass(frozen=True, slots=True)
class GroundLine:
    """One ground that the position has."""

    number: str
    href: str
    item: Text
    kind: Text
    opened: datetime
    subjects: int
    state: Text
    is_open: bool


@dataclass(frozen=True, slots=True)
class GroundsPage:
    """What may I look up, and for which case?"""

    frame: PageFrame
    lines: tuple[GroundLine, ...]
    ended: bool
    """Whether those that have ended are shown."""
    empty: State
    may_open: bool
    pager: Pager


@dataclass(frozen=True, slots=True)
class NewGroundPage:
    """Whom is it about, on which paper, and who reads?"""

    frame: PageFrame
    position: str
    law: Text
    form: ActForm
    state: State | None = None
    """Why there is no form."""


def fill(visitor: Visitor, *, ended: bool, page: int) -> GroundsPage:
    reason = matters_refusal(visitor.principal, visitor.frame.now)
    check(visitor.services.gateway, visitor.principal, MATTERS, reason)
    lines = _lines(visitor, ended=ended, page=page)
    href = f"{PATH}?ended=1" if ended else PATH
    joint = "&" if ended else "?"
    position = visitor.principal.position
    return GroundsPage(
        frame=visitor.frame,
        lines=tuple(lines[:LIMIT]),
        ended=ended,
        empty=_empty(ended=ended),
        may_open=position is not None and bool(position.duties & HANDLING),
        pager=Pager(
            shown=len(lines[:LIMIT]),
            total=None,
            previous_href=f"{href}{joint}page={page - 1}" if page > 1 else None,
            next_href=f"{href}{joint}page={page + 1}" if len(lines) > LIMIT else None,
            first=(page - 1) * LIMIT + 1,
        ),
    )


def _empty(*, ended: bool) -> State:
    if ended:
        return State("empty", Text("没有已结束的业务事由", "No ground of yours has ended"))
    return State(
        "empty",
        Text("您的岗位名下没有在办的业务事由", "Your position has no open ground"),
        Text(
            "办件、案件等由业务系统自动形成事由；没有系统的，由同事开立、另一人复核后移交给您。",
            "Cases become grounds by themselves. Where there is no system, a colleague opens one, "
            "another confirms it, and it comes to you.",
        ),
    )


def _lines(visitor: Visitor, *, ended: bool, page: int) -> list[GroundLine]:
    row, now, position = GroundRow, visitor.frame.now, visitor.principal.position
    mine = row.position == (position.id if position else "")
    here: ColumnElement[bool] = or_(row.closed.is_(None), row.closed > now)
    order = row.opened.desc() if ended else row.opened
    query = select(row).where(mine, ~here if ended else here).order_by(order, row.number)
    query = query.limit(LIMIT + 1).offset((page - 1) * LIMIT)
    with transaction(visitor.services.node.database) as session:
        rows = list(session.scalars(query))
        named = GroundSubjectRow.ground
        counted = select(named, func.count()).where(named.in_([one.number for one in rows]))
        subjects = dict(session.execute(counted.group_by(named)).all())
    return [
        GroundLine(
            number=one.number,
            href=ground_href(one.number),
            item=item_named(one.item),
            kind=kind_named(one.kind),
            opened=one.opened,
            subjects=subjects.get(one.number, 0),
            state=ground_state(one, now),
            is_open=is_open(one, now),
        )
        for one in rows
    ]


def fill_new(
    visitor: Visitor,
    given: Given | None = None,
    key: str | None = None,
    wrong: Text | None = None,
) -> NewGroundPage:
    """Raises Refused for a position that does not work with records."""
    position = _opener(visitor)
    definition = _definition(visitor)
    options = _options(visitor, position)
    return NewGroundPage(
        frame=visitor.frame,
        position=acting_as(visitor.principal),
        law=definition.law,
        form=act_form(
            definition.opening, definition, 0, given or {}, options, key=key, wrong=wrong
        ),
        state=_cannot(options),
    )


def _opener(visitor: Visitor) -> Position:
    position = visitor.principal.position
    reason = matters_refusal(visitor.principal, visitor.frame.now)
    if reason is None and (position is None or not position.duties & HANDLING):
        reason = OPENERS
    check(visitor.services.gateway, visitor.principal, MATTERS, reason)
    if position is None:
        raise Refused(OPENERS)
    return position


def _options(visitor: Visitor, position: Position) -> Options:
    """The office's items, and who else in it works with records."""
    today = civil_date(visitor.frame.now)
    with transaction(visitor.services.node.database) as session:
        readers = [
            FormOption(one.id, Text(one.title_zh, one.title_en))
            for one in readers_of(session, position.organisation, today)
            if one.person != visitor.principal.id
        ]
    items = [FormOption(one.item, item_named(one.item)) for one in items_of(position.organisation)]
    return {"item": items, "reader": readers}


def _cannot(options: Options) -> State | None:
    if not options["item"]:
        return State(
            "empty",
            Text("本单位没有登记可以据以查阅的事项", "No item is registered for your organisation"),
            Text("请由数据管理员在登记库中登记", "The registry has to name one first"),
        )
    if not options["reader"]:
        return State(
            "empty",
            Text("本单位没有其他可以查阅的岗位", "Nobody else in your organisation reads records"),
            Text("开立人不能自己查阅", "Whoever opens a ground does not read under it"),
        )
    return None


def _definition(visitor: Visitor) -> Definition:
    with transaction(visitor.services.node.database) as session:
        if GROUND not in {one.kind for one in visitor.services.matters.book.every(session)}:
            raise _NOT_HERE
        return visitor.services.matters.book.newest(session, GROUND)


@router.get(PATH)
def page(
    request: Request,
    visitor: InOffice,
    ended: Annotated[bool, Query()] = False,
    page: Annotated[int, Query(ge=1, le=LAST_PAGE)] = 1,
) -> HTMLResponse:
    return render(request, "official/grounds.html", fill(visitor, ended=ended, page=page))


@router.get(f"{PATH}/new")
def new(request: Request, visitor: InOffice) -> HTMLResponse:
    return render(request, "official/ground_new.html", fill_new(visitor))


@router.post(f"{PATH}/new")
async def hand_in(request: Request, visitor: InOffice) -> Response:
    """A ground that awaits its second signature."""
    form = await request.form(max_files=0, max_fields=600)
    return await run_in_threadpool(_hand_in, request, visitor, form)


def _hand_in(request: Request, visitor: Visitor, form: FormData) -> Response:
    check_form(visitor, form)
    position = _opener(visitor)

    def again(given: Given, key: str, wrong: Text, status: int) -> Response:
        shown = fill_new(visitor, given, key, wrong)
        return render(request, "official/ground_new.html", shown, status=status)

    return open_matter(visitor, form, ground_opening(position), _definition(visitor).opening, again)
