"""申请使用: the request for a dataset of another department, as its kind of matter asks for it."""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.contracts.model import Contract, policy_of
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.sharing.needs import DATA_NEED
from xihu_catalog.sharing.requests import REQUESTS, request_opening
from xihu_platform.access.decision import HANDLING, Allow
from xihu_platform.access.models import find_grants
from xihu_platform.access.policy import Grant
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import Reason, Refused
from xihu_platform.identity.principal import Position
from xihu_platform.matters.command import NUMBER_LIMIT
from xihu_platform.matters.definition import Definition
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.models import MatterPartyRow, MatterRow
from xihu_platform.statute.due import due
from xihu_platform.statute.published import read_calendar
from xihu_platform.statute.words import numeral
from xihu_platform.words import Text
from xihu_portals.official.access import DUTY
from xihu_portals.official.agreement import RULES
from xihu_portals.official.inbox import PATH
from xihu_portals.official.matter import field_options
from xihu_portals.pages import matter_view
from xihu_portals.pages.data_needs import said_in_need
from xihu_portals.pages.matter_acts import check_form, open_matter
from xihu_portals.pages.matter_form import (
    ActForm,
    Given,
    act_form,
)
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web import formats
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Words
from xihu_portals.web.render import render

WRITERS = Reason(
    "request_duty",
    Text("申请由经办人员或数据管理员填写", "a request is written by a handler or a data steward"),
    Text("《政务数据共享条例》第二十条", "Order 809 art. 20"),
    Text("请本单位的经办人员填写", "Ask a handler of your organisation to write it"),
)
UNDER_WAY = 20
"""Requests of one organisation for one dataset that a page names."""
router = APIRouter()
Need = Annotated[int | None, Query(ge=1, le=NUMBER_LIMIT)]
"""The need for data that a request follows from, by the id of its matter."""


@dataclass(frozen=True, slots=True)
class RequestUnderWay:
    """A request of the same organisation, and how far it is."""

    number: str
    href: str
    state: Text


@dataclass(frozen=True, slots=True)
class RequestPage:
    """What do I have to say to get this data, and what happens then?"""

    frame: PageFrame
    position: str
    dataset: str
    href: str
    """Where the form is sent."""
    title: Words
    provider: Text
    authority: Text
    law: Text
    kind: Text
    conditions: Words | None
    steps: tuple[Text, ...]
    """What happens, in its order."""
    form: ActForm
    under_way: tuple[RequestUnderWay, ...]
    """Requests of the same organisation for it that are open."""


def fill(
    visitor: Visitor,
    dataset: str,
    given: Given | None = None,
    key: str | None = None,
    wrong: Text | None = None,
    need: int | None = None,
) -> RequestPage:
    """Raises NotFound for a dataset that there is not, Conflict for one that is not asked for."""
    services, position = visitor.services, visitor.principal.position
    assert position is not None  # the page is for those in office
    contract = services.catalogue.contracts.get(dataset)
    if not position.duties & HANDLING:
        raise Refused(WRITERS)
    with transaction(services.node.database) as session:
        opening = _opening(session, visitor, contract, position)
        definition = services.matters.book.newest(session, opening.kind)
    asked = _refused(visitor, contract)
    if contract.standing_consent and not asked:  # open to all: what is registered is the use
        asked = tuple(one.name for one in contract.fields if one.grade != "L4")
    said = said_in_need(visitor, need) if need is not None else {}
    known = given if given is not None else {"fields": list(asked), **said}
    options = {"fields": field_options(visitor, dataset)}
    (authority,) = [one.key for one in opening.parties if one.role == "authority"]
    return RequestPage(
        frame=visitor.frame,
        position=position.id,
        dataset=dataset,
        href=_href(dataset, need),
        title=contract.title,
        provider=organisation_name(contract.provider),
        authority=organisation_name(authority),
        law=definition.law,
        kind=definition.title,
        conditions=contract.share_conditions,
        steps=_steps(visitor, contract),
        form=act_form(definition.opening, definition, 0, known, options, key=key, wrong=wrong),
        under_way=under_way(visitor, dataset),
    )


def _href(dataset: str, need: int | None) -> str:
    path = f"/official/datasets/{dataset}/request"
    return path if need is None else f"{path}?need={need}"


def _opening(session: Session, visitor: Visitor, contract: Contract, position: Position) -> Opening:
    today = civil_date(visitor.services.node.clock())
    return request_opening(session, policy_of(contract), position, today)


def _refused(visitor: Visitor, contract: Contract) -> tuple[str, ...]:
    """The fields that are neither open to the position now nor granted: what a request is for."""
    services, position = visitor.services, visitor.principal.position
    decision = services.gateway.decide(visitor.principal, contract.dataset, DUTY)
    seen = {one.name for one in decision.visible} if isinstance(decision, Allow) else set()
    if position is not None:
        today = civil_date(services.node.clock())
        with transaction(services.node.database) as session:
            granted = find_grants(session, contract.dataset, position.organisation, today)
        seen |= {name for one in granted for name in one.fields}  # what returns has none
    asked = [one for one in contract.fields if one.name not in seen]
    if contract.share_class == "unconditional":
        asked = [one for one in asked if one.grade != "L4"]
    return tuple(one.name for one in asked)


def way_to(visitor: Visitor, contract: Contract) -> str | None:
    """The page of the request, where this position may write one and it would open something."""
    position = visitor.principal.position
    if position is None or not position.duties & HANDLING:
        return None
    if contract.provider == position.organisation or contract.share_class == "refused":
        return None
    with transaction(visitor.services.node.database) as session:
        kinds = {one.kind for one in visitor.services.matters.book.every(session)}
    registers = contract.standing_consent and not granted(visitor, contract.dataset)
    wanted = registers or _refused(visitor, contract)
    asked = REQUESTS[contract.share_class] in kinds and wanted
    return f"/official/datasets/{contract.dataset}/request" if asked else None


def granted(visitor: Visitor, dataset: str) -> tuple[Text, ...]:
    """What the visitor's organisation has been granted of a dataset, on which conditions."""
    services, position = visitor.services, visitor.principal.position
    if position is None:
        return ()
    today = civil_date(services.node.clock())
    with transaction(services.node.database) as session:
        found = find_grants(session, dataset, position.organisation, today)
    return tuple(_returned(one.id) if one.kind == "backflow" else _granted(one) for one in found)


def _granted(one: Grant) -> Text:
    rules = [RULES[rule] for rule in sorted(one.rules)]
    return Text(
        f"本单位已获授权 {one.id}：{len(one.fields)} 个数据项，"
        f"到{formats.day(one.valid_to, 'zh')}为止" + "".join(f"；{rule.zh}" for rule in rules),
        f"Granted to your organisation by {one.id}: {len(one.fields)} fields, until "
        f"{formats.day(one.valid_to, 'en')}" + "".join(f"; {rule.en}" for rule in rules),
    )


def _returned(flow: str) -> Text:
    return Text(
        f"按回流清单 {flow}，本地区的记录回流给本单位，无需申请（第二十四条）",
        f"Returned to your organisation by the list, {flow}: its own area's rows, without a "
        "request (art. 24)",
    )


def under_way(visitor: Visitor, dataset: str) -> tuple[RequestUnderWay, ...]:
    """Open requests of the visitor's organisation for a dataset, each with its state."""
    services, position = visitor.services, visitor.principal.position
    if position is None:
        return ()
    found = []
    with transaction(services.node.database) as session:
        for row in _under_way(session, position.organisation, dataset):
            definition = services.matters.book.get(session, row.kind, row.definition)
            state = matter_view.state_words(definition, row.state)
            found.append(RequestUnderWay(definition.number(row.id), f"{PATH}/{row.id}", state))
    return tuple(found)


def _under_way(session: Session, organisation: str, dataset: str) -> list[MatterRow]:
    party, row = MatterPartyRow, MatterRow
    query = (
        select(row)
        .join(party, party.matter == row.id)
        .where(
            row.about == dataset,
            row.kind.in_(REQUESTS.values()),
            row.closed_at.is_(None),
            party.role == "requester",
            party.key == organisation,
        )
    )
    return list(session.scalars(query.order_by(row.id.desc()).limit(UNDER_WAY)))


def _steps(visitor: Visitor, contract: Contract) -> tuple[Text, ...]:
    """What happens, with the day on which the provider has to have answered if it is sent today."""
    provider = organisation_name(contract.provider)
    head = Text(
        "本单位共享工作机构负责人审核后提交",
        "The head of your organisation's sharing office approves it and sends it",
    )
    write = Text(
        "填写申请，保存为草稿；检查无误后提交本单位审核",
        "Write the request; it is saved as a draft. Check it, then hand it in",
    )
    if contract.standing_consent:
        done = Text(
            f"{provider.zh}已在契约中同意：审核后当即可用，使用情况登记在册",
            f"{provider.en} has agreed beforehand in its contract: once approved, the data opens "
            "at once and the use is registered",
        )
        return (write, head, done)
    name = "reply_conditional" if contract.share_class == "conditional" else "reply_unconditional"
    answered = Text(
        f"{provider.zh}{_reply(visitor, name).zh}", f"{provider.en} {_reply(visitor, name).en}"
    )
    opened = Text(
        "同意后，数据随即按约定的数据项和条件开放；不同意的，会写明理由和法律依据",
        "Once agreed, the fields open at once on the conditions agreed; a refusal gives reason and "
        "article",
    )
    if contract.share_class == "unconditional":
        opened = Text("答复后，数据随即开放", "Once answered, the data opens at once")
    return (write, head, answered, opened)


def _reply(visitor: Visitor, name: str) -> Text:
    duty = visitor.services.matters.counting.duties().get("CN-809-2025/" + name)
    if duty is None:  # a registry that has not this rule set
        return Text("答复", "answers")
    today = civil_date(visitor.frame.now)
    calendar = read_calendar(visitor.services.node.database, since=today.year)
    last = due(duty, today, calendar)
    zh, en = formats.day(last.day, "zh"), formats.day(last.day, "en")
    if not last.firm:
        zh, en = f"{zh}（暂定）", f"{en} (provisional)"
    article = numeral(int(duty.article))
    return Text(
        f"在 {duty.value} 个工作日内答复，今天提交的，最迟 {zh}（第{article}条）",
        f"answers within {duty.value} working days, by {en} if it is sent today "
        f"(art. {duty.article})",
    )


def _definition(visitor: Visitor, contract: Contract) -> Definition:
    with transaction(visitor.services.node.database) as session:
        return visitor.services.matters.book.newest(session, REQUESTS[contract.share_class])


@router.get("/official/datasets/{dataset}/request")
def page(
    request: Request,
    visitor: InOffice,
    dataset: str,
    fields: Annotated[list[str] | None, Query(max_length=200)] = None,
    need: Need = None,
) -> HTMLResponse:
    """`fields`: those that a ground's item needs; else all that the position has not."""
    given = {"fields": fields} if fields else None
    return render(request, "official/request.html", fill(visitor, dataset, given, need=need))


@router.post("/official/datasets/{dataset}/request")
async def hand_in(request: Request, visitor: InOffice, dataset: str, need: Need = None) -> Response:
    """A new draft; the page of the matter is where it is checked and handed in."""
    form = await request.form(max_files=0, max_fields=600)
    return await run_in_threadpool(_hand_in, request, visitor, dataset, form, need)


def _hand_in(
    request: Request, visitor: Visitor, dataset: str, form: FormData, need: int | None
) -> Response:
    services, position = visitor.services, visitor.principal.position
    assert position is not None
    check_form(visitor, form)
    contract = services.catalogue.contracts.get(dataset)
    with transaction(services.node.database) as session:
        opening = _opening(session, visitor, contract, position)
    if need is not None:
        said_in_need(visitor, need)  # that there is such a need
        opening = replace(opening, link=(need, DATA_NEED))

    def again(given: Given, key: str, wrong: Text, status: int) -> Response:
        shown = fill(visitor, dataset, given, key, wrong, need)
        return render(request, "official/request.html", shown, status=status)

    return open_matter(visitor, form, opening, _definition(visitor, contract).opening, again)
