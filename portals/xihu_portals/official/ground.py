"""One ground that my position has: its subjects, and a look at one of them with nothing typed."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from xihu_catalog.contracts.model import Contract, policy_of
from xihu_platform.access.grounds import (
    GroundItemRow,
    GroundRow,
    GroundSubjectRow,
    is_confirmed,
    is_open,
)
from xihu_platform.access.offices import MATTERS, check, matters_refusal
from xihu_platform.access.policy import Purpose
from xihu_platform.access.reasons import GRANT_NEEDED
from xihu_platform.access.verification import ClaimAsked, verify
from xihu_platform.access.verification_record import VerificationAnswer
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, NotFound, Refused
from xihu_platform.matters.command import CODE
from xihu_platform.words import Text
from xihu_portals.api.auth import purpose_for
from xihu_portals.official.grounds import PATH
from xihu_portals.official.inbox import PATH as MATTERS_PATH
from xihu_portals.official.lookup import GroundLookup, look
from xihu_portals.official.request import way_to
from xihu_portals.pages.grounds import (
    ground_href,
    ground_state,
    item_named,
    kind_named,
    standing_named,
)
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.address import number as whole_number
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Action, Link, State, Words
from xihu_portals.web.render import render

ANSWERS: dict[VerificationAnswer, Text] = {
    "match": Text("一致", "Yes"),
    "no_match": Text("不一致", "No"),
    "no_record": Text("查无记录", "No record"),
}
SUBJECTS = 50
"""Subjects on a page; of a ground about many, the rest have pages of their own."""
LAST_PAGE = 200
router = APIRouter()


@dataclass(frozen=True, slots=True)
class ShownClaim:
    """What can be verified of a subject, and the period that has to be named."""

    dataset: str
    claim: str
    title: Text
    period: str | None
    """month, year, date."""


@dataclass(frozen=True, slots=True)
class ShownSubject:
    """Somebody whom the ground is about, named by a number and their standing alone."""

    number: int
    standing: Text
    firm: bool
    added: datetime | None
    looks: tuple[Link, ...]
    """One for each dataset that the item opens and that is about such subjects."""
    claims: tuple[ShownClaim, ...]
    """What can be verified of them without a record being shown."""


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """The answer to a claim: no record is shown with it."""

    title: Text
    argument: str | None
    answer: Text
    data_as_of: str | None
    repeated: bool


@dataclass(frozen=True, slots=True)
class GroundPage:
    """Whom is it about, and what may I see of them?"""

    frame: PageFrame
    number: str
    item: Text
    kind: Text
    state: Text
    opened: datetime
    closed: datetime | None
    matter: Link | None
    usable: bool
    """Whether it opens anything now."""
    subjects: tuple[ShownSubject, ...]
    more: str | None
    """Where the next subjects are."""
    looked_at: Words | None = None
    lookup: GroundLookup | None = None
    chosen: int | None = None
    verified: ShownAnswer | State | None = None


@dataclass(frozen=True, slots=True)
class AskedOfGround:
    """What the address asks for: a look at a dataset, or a claim to be verified."""

    dataset: str = ""
    subject: int | None = None
    claim: str = ""
    argument: str = ""


def fill(visitor: Visitor, number: str, asked: AskedOfGround, page: int) -> GroundPage:
    """Raises NotFound for a ground that another position has, as for one that does not exist."""
    reason = matters_refusal(visitor.principal, visitor.frame.now)
    check(visitor.services.gateway, visitor.principal, MATTERS, reason)
    position = visitor.principal.position
    with transaction(visitor.services.node.database) as session:
        row = session.get(GroundRow, number) if CODE.fullmatch(number) else None
        if row is None or position is None or row.position != position.id:
            raise NotFound(
                "您的岗位名下没有这个业务事由，请从列表中选择",
                "your position has no such ground: choose one from the list",
            )
        opened, verified = _opened(visitor, session, row)
        if not (is_open(row, visitor.frame.now) and is_confirmed(row)):
            opened, verified = [], []
        named = _subjects(session, number, page)
    contract = None if asked.claim else _chosen(opened, asked.dataset)
    lookup = None
    if contract is not None:
        lookup = _look(visitor, contract, row, asked.subject)
    answer = _verify(visitor, number, asked) if asked.claim else None
    return GroundPage(
        frame=visitor.frame,
        number=number,
        item=item_named(row.item),
        kind=kind_named(row.kind),
        state=ground_state(row, visitor.frame.now),
        opened=row.opened,
        closed=row.closed,
        matter=Link(number, f"{MATTERS_PATH}/{row.matter}") if row.matter else None,
        usable=bool(opened or verified),
        subjects=tuple(_shown(one, number, opened, verified) for one in named[:SUBJECTS]),
        more=f"{ground_href(number)}?page={page + 1}" if len(named) > SUBJECTS else None,
        looked_at=contract.title if contract else None,
        lookup=lookup,
        chosen=asked.subject,
        verified=answer,
    )


def _opened(
    visitor: Visitor, session: Session, row: GroundRow
) -> tuple[list[Contract], list[ShownClaim]]:
    """The datasets that the ground's item opens, and what it lets be verified, as far as the
    catalogue has them."""
    item, find = GroundItemRow, visitor.services.catalogue.contracts.find
    query = select(item).where(item.item == row.item).order_by(item.dataset)
    found = [(one, contract) for one in session.scalars(query) if (contract := find(one.dataset))]
    claims = [
        ShownClaim(
            contract.dataset,
            claim.id,
            claim.title,
            claim.argument.kind if claim.argument else None,
        )
        for one, contract in found
        for claim in policy_of(contract).claims
        if claim.id in (one.claims or ())
    ]
    return [contract for one, contract in found if one.fields], claims


def _subjects(session: Session, number: str, page: int) -> list[GroundSubjectRow]:
    row = GroundSubjectRow
    query = select(row).where(row.ground == number).order_by(row.number)
    return list(session.scalars(query.limit(SUBJECTS + 1).offset((page - 1) * SUBJECTS)))


def _shown(
    subject: GroundSubjectRow, number: str, opened: list[Contract], claims: list[ShownClaim]
) -> ShownSubject:
    return ShownSubject(
        number=subject.number,
        standing=standing_named(subject.standing),
        firm=subject.kind == "firm",
        added=subject.added,
        looks=tuple(
            Link(one.title, _href(number, one.dataset, subject.number))
            for one in opened
            if _is_about(one, subject.kind)
        ),
        claims=tuple(claims) if subject.kind == "person" else (),
    )


def _is_about(contract: Contract, kind: str) -> bool:
    policy = policy_of(contract)
    if policy.row_key is None:
        return False
    return kind == ("person" if policy.row_key == policy.subject_key else "firm")


def _href(number: str, dataset: str, subject: int | None) -> str:
    asked = {"dataset": dataset, "subject": str(subject)}
    return f"{ground_href(number)}?{urlencode(asked)}#lookup"


def _chosen(opened: list[Contract], dataset: str) -> Contract | None:
    if not dataset:
        return None
    found = next((one for one in opened if one.dataset == dataset), None)
    if found is None:
        raise BadInput(
            "这个事项不开放该数据集，请从页面上选择",
            "the item of this ground does not open that dataset: choose one on the page",
        )
    return found


def _look(
    visitor: Visitor, contract: Contract, ground: GroundRow, subject: int | None
) -> GroundLookup:
    if subject is None:
        raise BadInput("请选择一位对象", "choose one subject")
    number = ground.number
    purpose: Purpose = purpose_for(visitor.principal, "case", number, subject=subject)
    shown = look(visitor, contract, purpose, _href(number, contract.dataset, subject))
    way = way_to(visitor, contract)
    if not isinstance(shown.result, State) or shown.result.reason != GRANT_NEEDED or way is None:
        return shown
    with transaction(visitor.services.node.database) as session:
        item = session.get_one(GroundItemRow, (ground.item, contract.dataset))
        asked = urlencode([("fields", one) for one in item.fields])
    request = Action(Text("申请使用", "Request use"), f"{way}?{asked}")
    return replace(shown, result=replace(shown.result, action=request))


def _verify(visitor: Visitor, number: str, asked: AskedOfGround) -> ShownAnswer | State:
    if asked.subject is None:
        raise BadInput("请选择一位对象", "choose one subject")
    question = ClaimAsked(
        number, asked.dataset, asked.claim, asked.subject, asked.argument.strip() or None
    )
    try:
        done = verify(visitor.services.gateway, visitor.principal, question)
    except Refused as refused:
        return State("refused", refused.reason.text, reason=refused.reason)
    (one,) = done.answers
    return ShownAnswer(
        title=done.claim.title,
        argument=question.argument,
        answer=ANSWERS[one.answer],
        data_as_of=one.basis.data_as_of,
        repeated=done.repeated,
    )


@router.get(f"{PATH}/{{number}}")
def page(
    request: Request,
    visitor: InOffice,
    number: str,
    dataset: Annotated[str, Query(max_length=64)] = "",
    subject: Annotated[str, Query(max_length=6)] = "",
    claim: Annotated[str, Query(max_length=64)] = "",
    argument: Annotated[str, Query(max_length=16)] = "",
    page: Annotated[int, Query(ge=1, le=LAST_PAGE)] = 1,
) -> HTMLResponse:
    """`dataset` and `subject`: a look, which is a read like any other; with `claim`, an answer
    without a record."""
    chosen = whole_number(subject or None, "subject")
    view = fill(visitor, number, AskedOfGround(dataset, chosen, claim, argument), page)
    return render(request, "official/ground.html", view)
