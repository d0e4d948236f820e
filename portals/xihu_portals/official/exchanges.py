"""批量交换: which granted datasets are sent to which database, and what each batch did."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.exchange.acts import BATCH_EXCHANGE
from xihu_catalog.exchange.models import BatchState
from xihu_catalog.exchange.records import (
    Exchange,
    ExchangeBatch,
    exchange_sealing,
    exchanges_of,
    is_due,
    list_batches,
    set_password,
)
from xihu_catalog.registry.people import OVERSEE, answered_for, organisation_name
from xihu_platform.access import office_reasons
from xihu_platform.access.offices import MATTERS, check, matters_refusal
from xihu_platform.errors import BadInput, Conflict, NotFound, Reason
from xihu_platform.identity.principal import Duty, Position
from xihu_platform.words import Text
from xihu_portals.pages.matter_acts import check_form
from xihu_portals.pages.matter_form import acting_as
from xihu_portals.pages.matter_new import ways_to_open
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link, State, Table, TableColumn, Words
from xihu_portals.web.render import render

PATH = "/official/exchanges"
SHOWN = 10
"""Batches of each exchange."""
LISTED = 100
"""Exchanges on the page."""
GIVES: frozenset[Duty] = frozenset({"handler", "steward"})
"""Whose positions give the password, as they ask for an exchange."""
STATES: dict[BatchState, Text] = {
    "open": Text("进行中或被中断", "under way, or cut off"),
    "committed": Text("已写入", "arrived"),
    "refused": Text("未获许可，没有写入", "refused, nothing arrived"),
    "failed": Text("失败，没有写入", "failed, nothing arrived"),
}
CYCLES = {
    "daily": Text("每日", "daily"),
    "weekly": Text("每周", "weekly"),
    "monthly": Text("每月", "monthly"),
}
router = APIRouter()


@dataclass(frozen=True, slots=True)
class ShownExchange:
    """One exchange of my organisation, or of others that I oversee."""

    number: str
    matter: str | None
    """The address of the matter in which its target was consented to; None where the reader has no
    part in it."""
    dataset: Link | None
    """None of an entry that was withdrawn meanwhile."""
    giver: Words | None
    """None where it is my organisation, as for the receiver."""
    receiver: Words | None
    place: str
    user: str | None
    cycle: Text
    state: Text
    wrong: Text | None
    """Why the last batch did not arrive."""
    batches: Table | None
    takes_password: bool
    has_password: bool


@dataclass(frozen=True, slots=True)
class ExchangesPage:
    """Does what was granted arrive in the other department's database?

    A data authority sees those of all organisations of its area.
    """

    frame: PageFrame
    position: str
    """As whom the page was opened."""
    exchanges: tuple[ShownExchange, ...]
    is_whole: bool
    """False where there are more than are shown."""
    empty: State
    new: Link | None
    fault: Text | None = None
    saved: str | None = None


_EMPTY = State(
    "empty",
    Text("本单位没有批量交换", "Your organisation has no batch exchange"),
    Text(
        "已获授权、可以批量使用的数据集，可以申请按周期送入本部门的 PostgreSQL 数据库。",
        "A dataset that your department has a grant for in bulk can be sent on schedule into its "
        "own PostgreSQL database.",
    ),
)


_EMPTY_AREA = State(
    "empty",
    Text("辖区内没有批量交换", "There is no batch exchange in your area"),
    Text(
        "部门之间按周期批量交换数据后，目标、周期和各批结果在这里可查。",
        "Once departments send each other data on schedule, targets, cycles and batches are here.",
    ),
)


def fill(visitor: Visitor, fault: Text | None = None, saved: str | None = None) -> ExchangesPage:
    """Raises Refused for an auditor, who works with the log alone."""
    _check(visitor)
    position = visitor.principal.position
    assert position is not None  # in office
    database = visitor.services.node.database
    found = exchanges_of(database, answered_for(position), LISTED + 1)
    return ExchangesPage(
        frame=visitor.frame,
        position=acting_as(visitor.principal),
        exchanges=tuple(_shown(visitor, position, one) for one in found[:LISTED]),
        is_whole=len(found) <= LISTED,
        empty=_EMPTY if position.duties.isdisjoint(OVERSEE) else _EMPTY_AREA,
        new=next(iter(ways_to_open(visitor, (BATCH_EXCHANGE,))), None),
        fault=fault,
        saved=saved if saved in {one.number for one in found} else None,
    )


def _check(visitor: Visitor) -> None:
    reason = matters_refusal(visitor.principal, visitor.frame.now)
    check(visitor.services.gateway, visitor.principal, MATTERS, reason)


def _shown(visitor: Visitor, position: Position, one: Exchange) -> ShownExchange:
    services, own = visitor.services, position.organisation
    receives, gives = one.organisation == own, one.provider == own
    batches = list_batches(services.node.database, one.matter, SHOWN)
    contract = services.catalogue.contracts.find(one.dataset)
    last = next((each for each in batches if each.state != "open"), None)
    failed = last if last is not None and last.state != "committed" else None
    return ShownExchange(
        number=one.number,
        matter=f"/official/matters/{one.matter}" if receives or gives else None,
        dataset=Link(contract.title, f"/official/datasets/{one.dataset}") if contract else None,
        giver=None if gives else organisation_name(one.provider),
        receiver=None if receives else organisation_name(one.organisation),
        place=one.place,
        user=one.user if receives or gives else None,
        cycle=CYCLES[one.cycle],
        state=_state(one, batches, visitor.frame.now),
        wrong=failed.error if failed is not None and one.ended is None else None,
        batches=_table(batches) if batches else None,
        takes_password=receives and one.ended is None and may_give(visitor),
        has_password=one.password is not None,
    )


def may_give(visitor: Visitor) -> bool:
    position = visitor.principal.position
    return position is not None and bool(position.duties & GIVES)


def _giving(visitor: Visitor) -> Reason | None:
    return None if may_give(visitor) else office_reasons.EXCHANGE_RECEIVER


def _state(one: Exchange, batches: tuple[ExchangeBatch, ...], now: datetime) -> Text:
    if one.ended is not None:
        return Text("已结束", "ended")
    if one.password is None:
        return Text("等待需求部门提交口令", "waits for the requester's password")
    ended = next((each for each in batches if each.state != "open"), None)
    if ended is not None and ended.state != "committed":
        return Text("上一批没有写入", "the last batch did not arrive")
    last = next((each for each in batches if each.state == "committed"), None)
    if last is None:
        return Text("还没有送出", "nothing sent yet")
    if is_due(one, last, now):
        return Text("待送下一批", "the next batch is due")
    return Text("正常", "in time")


def _table(batches: tuple[ExchangeBatch, ...]) -> Table:
    return Table(
        caption=Text("最近各批", "The last batches"),
        columns=(
            TableColumn(Text("批次", "Batch"), numeric=True),
            TableColumn(Text("开始", "Began")),
            TableColumn(Text("结果", "Result")),
            TableColumn(Text("新增", "Added"), numeric=True),
            TableColumn(Text("变更", "Changed"), numeric=True),
            TableColumn(Text("删除", "Removed"), numeric=True),
            TableColumn(Text("表中行数", "Rows there"), numeric=True),
        ),
        rows=tuple((one.number, one.started, STATES[one.state], *_counts(one)) for one in batches),
    )


def _counts(one: ExchangeBatch) -> tuple[int | None, ...]:
    """What was planned and did not arrive is not shown."""
    if one.state != "committed":
        return (None,) * 4
    return one.added, one.changed, one.removed, one.rows


@router.get(PATH)
def page(request: Request, visitor: InOffice, saved: str | None = None) -> Response:
    return render(request, "official/exchanges.html", fill(visitor, saved=saved))


Number = Annotated[str, Path(pattern=r"^[A-Z]{1,4}-[0-9-]{4,28}$")]


@router.post(f"{PATH}/{{number}}")
async def send(request: Request, visitor: InOffice, number: Number) -> Response:
    """Give the password of a receiving database. Raises NotFound for another's exchange."""
    form = await request.form(max_files=0, max_fields=20)
    return await run_in_threadpool(_send, request, visitor, number, form)


@router.get(f"{PATH}/{{number}}")
def form(visitor: InOffice, number: Number) -> Response:
    """The address of a form that was not taken, asked again: back to the list."""
    return RedirectResponse(PATH, status_code=303)


def _send(request: Request, visitor: Visitor, number: str, form: FormData) -> Response:
    _check(visitor)
    services, position = visitor.services, visitor.principal.position
    assert position is not None  # in office
    database = services.node.database
    own = exchanges_of(database, {position.organisation})
    mine = (one for one in own if one.organisation == position.organisation)
    exchange = next((one for one in mine if one.number == number), None)
    if exchange is None:
        raise NotFound(f"没有批量交换 {number}", f"there is no exchange {number}")
    check(services.gateway, visitor.principal, MATTERS, _giving(visitor))
    try:
        check_form(visitor, form)
        sealing = exchange_sealing(services.node.keyring)
        set_password(database, sealing, exchange, str(form.get("password") or ""))
    except (BadInput, Conflict) as wrong:
        shown = fill(visitor, wrong.text)
        return render(request, "official/exchanges.html", shown, status=wrong.status)
    return RedirectResponse(f"{PATH}?saved={number}", status_code=303)
