"""Who used my data: a day's equal looks as one line, one's own as one too; and their proofs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from xihu_catalog.contracts.model import Contract
from xihu_catalog.registry.people import organisation_name
from xihu_platform.access.decision import OWN_LEVEL
from xihu_platform.access.grounds import GroundRow
from xihu_platform.access.reason_codes import BY_CODE
from xihu_platform.access.uses import list_uses
from xihu_platform.audit.entries import ATTACHMENT
from xihu_platform.audit.uses import Use as LoggedUse
from xihu_platform.audit.uses import UseFilter, used_by
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.identity.models import PositionRow, SystemRow
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.told import Told, told_of
from xihu_platform.words import Text
from xihu_portals.api.people import own_proof
from xihu_portals.citizen.verification import unproven, verification
from xihu_portals.pages.grounds import GroundAboutMe, grounds_about, item_named
from xihu_portals.pages.visitor import SignedInCitizen, Visitor
from xihu_portals.web.address import number
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Action, Choice, Pager, Select, State, Words
from xihu_portals.web.preferences import here
from xihu_portals.web.render import render

LINES = 50
FETCHED = 2000
"""Entries a page looks through at most: a day's own looks are one line, however many."""
PURPOSES: dict[str, Text] = {
    "open": Text("使用开放数据", "use of open data"),
    "own": Text("查阅本人数据", "looking at one's own records"),
    "duty": Text("履行法定职责", "a statutory duty"),
    "case": Text("办理具体事项", "handling one case"),
    "internal": Text("本部门整理数据", "the department's own processing of data"),
}
"""The code list that names the matters; a registry without it shows the ground's number alone."""
NO_RIGHT = Text("对方的岗位无权查看这些数据", "the position may not see this data")
WHY_REFUSED = {
    "ground_unknown": Text(
        "对方填的业务事由不在其名下，或已办结", "the ground given was not theirs, or is closed"
    ),
    "ground_own": Text(
        "对方不能凭自己发起或复核的业务事由查看", "nobody may use a ground of their own making"
    ),
    "ground_unconfirmed": Text(
        "该业务事由还没有第二个岗位会签", "the ground had no second signature yet"
    ),
    "ground_scope": Text("该业务事由用不到这些数据", "the ground does not need this data"),
    "ground_no_bulk": Text("凭业务事由不能下载", "nothing is downloaded under a ground"),
    "one_subject": Text("须写明查的是哪一位", "one person at a time must be named"),
    "per_case": Text("没有写明业务事由", "no ground was given"),
    "claim_scope": Text("该业务事由没有列出这项核验", "the ground does not list this verification"),
    "claim_argument": Text("所填的月份或日期不正确", "the month or day given was wrong"),
    "claim_limit": Text("这项内容的核验次数已满", "it was verified as often as is allowed"),
    "list_ground": Text("该业务事由不能核验名单", "lists are not verified under this ground"),
    "list_size": Text("名单的人数不符", "the list had too few or too many persons"),
    "list_today": Text("该业务事由当天已核验过名单", "a list was verified that day already"),
    "list_difference": Text("名单与此前的相差太少", "the list differed too little from another"),
}
"""Why an attempt was refused, told to the person whom it was about."""
_DEPUTY = Text("代您办理的人", "Someone acting for you")
_PORTAL = Text("公众门户", "Citizen portal")
_FILE = Text("您的办件中的一个附件", "a file of your request")
_PIPELINE = Text("自动处理程序", "automatic processing")
router = APIRouter()


@dataclass(frozen=True, slots=True)
class Look:
    """One entry of the log: when, at what."""

    id: str
    at: datetime
    dataset: Words


@dataclass(frozen=True, slots=True)
class UseLine:
    """One look at my data, as it is in the audit log."""

    id: str
    at: datetime
    organisation: Words
    position: Words
    purpose: Words
    case_number: str | None
    dataset: Words
    fields: tuple[Words, ...]
    reason: Words | None = None
    """On what ground it was allowed, or refused."""
    words: str = ""
    """The purpose in the reader's own words."""
    refused: bool = False
    """An attempt that was refused: nothing was seen."""
    verified: bool = False
    """A claim was answered with yes, no or no record: `fields` has its words."""
    earlier: tuple[Look, ...] = ()
    """The same look earlier that day: each its own entry."""


@dataclass(frozen=True, slots=True)
class OwnDay:
    """All of a day's own looks as one line, so that others' are seen."""

    day: date
    looks: tuple[Look, ...]


@dataclass(frozen=True, slots=True)
class UseMonth:
    month: date
    uses: tuple[UseLine | OwnDay, ...]


@dataclass(frozen=True, slots=True)
class MyUses:
    """6 · Who looked, and why?"""

    frame: PageFrame
    months: tuple[UseMonth, ...]
    filters: tuple[Select, ...]
    pager: Pager
    grounds: tuple[GroundAboutMe, ...] = ()
    """What names me, whether anybody has looked or not."""
    grounds_in_all: int = 0
    state: State | None = None
    acting: Text | None = None
    """Whose list it is, for somebody who acts for another person."""
    how_to_check: Text | None = None
    """How a downloaded proof is checked, in a sentence and a command."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page's address asks for; `everyone` includes oneself."""

    before: int | None = None
    dataset: str | None = None
    organisation: str | None = None
    everyone: bool = False

    def href(self, before: int | None = None) -> str:
        pairs = [
            ("who", "all" if self.everyone else None),
            ("dataset", self.dataset),
            ("organisation", self.organisation),
            ("before", before),
        ]
        kept = [(name, value) for name, value in pairs if value]
        return f"/my/uses?{urlencode(kept)}" if kept else "/my/uses"


@dataclass(frozen=True, slots=True)
class _Line:
    """Looks of one day that differ in nothing but the moment, newest first; or all own ones."""

    day: date
    own: bool
    looks: tuple[LoggedUse, ...]


@dataclass(frozen=True, slots=True)
class _Page:
    lines: tuple[_Line, ...]
    uses: int
    following: int | None
    """Sequence number the next page starts below."""


def fill(visitor: Visitor, asked: Asked) -> MyUses:
    principal = visitor.principal
    if principal.level < OWN_LEVEL:
        return MyUses(visitor.frame, (), (), Pager(0, 0), state=unproven())
    with transaction(visitor.services.node.database) as session:
        told = told_of(session, visitor.services.matters, principal)
    if told is None:
        return MyUses(visitor.frame, (), (), Pager(0, 0), state=_nobody(asked))
    wanted = UseFilter(
        asked.dataset or None,
        asked.organisation or None,
        None if asked.everyone else principal.id,
        told.cases,
    )
    found = list_uses(
        visitor.services.gateway, told.subject, before=asked.before, limit=FETCHED, wanted=wanted
    )
    page = _page(found, principal.id)
    whole = asked.before is None and page.following is None
    first, every = asked.before is None, told.cases is None
    grounds, in_all = grounds_about(visitor, told.subject) if first and every else ((), 0)
    return MyUses(
        frame=visitor.frame,
        months=_months(visitor, page),
        filters=_filters(visitor, told, asked),
        pager=Pager(
            len(page.lines),
            page.uses if whole else None,
            next_href=asked.href(page.following) if page.following is not None else None,
            first=1 if first else None,
        ),
        grounds=grounds,
        grounds_in_all=in_all,
        state=None if page.lines else _nobody(asked),
        acting=_acting(principal, every=every),
        how_to_check=Text(
            "下载的证明按 RFC 9162 核对：由记录内容算出叶子哈希，沿 path 逐级合并，"
            "结果应等于签名头中的根。",
            "Check a proof by RFC 9162: hash the entry to its leaf, join it along the path; the "
            "result must be the root in the signed head.",
        ),
    )


def _acting(principal: Principal, *, every: bool) -> Text | None:
    """Whose list it is, where it is not one's own."""
    mandate = principal.mandate
    if mandate is None or mandate.kind == "firm":
        return None
    if every:
        return Text(
            f"您正在代{mandate.name_zh}办事：下面是谁查过{mandate.name_zh}的信息。",
            f"You act for {mandate.name_en}: this is who looked at their data.",
        )
    return Text(
        f"您正在代{mandate.name_zh}办事：下面只有授权事项的办件中的查阅，其余由本人查看。",
        f"You act for {mandate.name_en}: only looks under cases of the services that your mandate "
        "names stand here; the others are for them to see.",
    )


def _page(uses: list[LoggedUse], person: str) -> _Page:
    """Whole days, until there are lines enough: so equal looks of a day stay one line."""
    lines: dict[tuple[object, ...], list[LoggedUse]] = {}
    day, taken = None, 0
    for use in uses:
        if len(lines) >= LINES and civil_date(use.at) != day:
            break
        day, taken = civil_date(use.at), taken + 1
        kind = () if _is_own(use, person) else _kind(use)
        lines.setdefault((day, *kind), []).append(use)
    more = taken < len(uses) or len(uses) == FETCHED
    return _Page(
        tuple(
            _Line(civil_date(looks[0].at), len(key) == 1, tuple(looks))
            for key, looks in lines.items()
        ),
        taken,
        uses[taken - 1].seq if more else None,
    )


def _is_own(use: LoggedUse, person: str) -> bool:
    return use.organisation is None and use.person == person


def _kind(use: LoggedUse) -> tuple[object, ...]:
    who = (use.organisation, use.position, use.person, use.refused, use.words, use.claim)
    return (*who, use.dataset, use.purpose, use.case_number, use.basis, use.fields)


def _months(visitor: Visitor, page: _Page) -> tuple[UseMonth, ...]:
    titles = _positions(visitor, (line.looks[0] for line in page.lines))
    items = _items(visitor, (line.looks[0] for line in page.lines))
    return tuple(
        UseMonth(
            month,
            tuple(
                OwnDay(line.day, _looks(visitor, line.looks))
                if line.own
                else _use(visitor, line.looks, titles, items)
                for line in group
            ),
        )
        for month, group in groupby(page.lines, key=lambda line: line.day.replace(day=1))
    )


def _looks(visitor: Visitor, uses: tuple[LoggedUse, ...]) -> tuple[Look, ...]:
    return tuple(Look(str(u.seq), u.at, _title(visitor, u.dataset)) for u in uses)


def _use(
    visitor: Visitor,
    looks: tuple[LoggedUse, ...],
    titles: dict[str, Text],
    items: dict[str, Text],
) -> UseLine:
    use, *earlier = looks
    contract = visitor.services.catalogue.contracts.find(use.dataset)
    return UseLine(
        id=str(use.seq),
        at=use.at,
        organisation=organisation_name(use.organisation) if use.organisation else _DEPUTY,
        position=_position(use, titles),
        purpose=_purpose(use, items),
        case_number=use.case_number,
        dataset=_title(visitor, use.dataset),
        fields=_shown(use, contract),
        reason=_reason(use),
        words=use.words,
        refused=use.refused is not None,
        verified=use.claim is not None,
        earlier=_looks(visitor, tuple(earlier)),
    )


def _shown(use: LoggedUse, contract: Contract | None) -> tuple[Words, ...]:
    """The fields that were seen; of a verification what was asked, never the answer."""
    if use.claim is not None:
        claim = next((c for c in contract.claims if c.id == use.claim), None) if contract else None
        return (claim.title if claim else use.claim,)
    if use.exit == ATTACHMENT:
        return (_FILE,)
    found = [contract.field(name) for name in use.fields] if contract else []
    return tuple(f.title for f in found if f)


def _purpose(use: LoggedUse, items: dict[str, Text]) -> Words:
    """What for, in words: under a ground, the matter that is handled."""
    named = items.get(use.case_number or "")
    if use.purpose != "case" or named is None:
        return PURPOSES.get(use.purpose, use.purpose)
    return Text(f"办理“{named.zh}”", f"handling “{named.en}”")


def _reason(use: LoggedUse) -> Text:
    if use.refused is None:
        return Text(use.basis, use.basis_en)
    known, why = BY_CODE.get(use.refused), WHY_REFUSED.get(use.refused, NO_RIGHT)
    return (
        Text(f"{why.zh}（{known.article.zh}）", f"{why.en} ({known.article.en})") if known else why
    )


def _items(visitor: Visitor, uses: Iterable[LoggedUse]) -> dict[str, Text]:
    """The matter of each ground that a use names, by the ground's number."""
    numbers = {use.case_number for use in uses if use.case_number}
    with transaction(visitor.services.node.database) as session:
        chosen = select(GroundRow.number, GroundRow.item).where(GroundRow.number.in_(numbers))
        items = dict(session.execute(chosen).all())
    return {number: item_named(item) for number, item in items.items()}


def _position(use: LoggedUse, titles: dict[str, Text]) -> Words:
    if use.purpose == "internal":
        return _PIPELINE
    if use.position is None:
        return _PORTAL
    return titles.get(use.position, use.position)


def _title(visitor: Visitor, dataset: str) -> Words:
    """A dataset that has left the catalogue keeps its name in the log."""
    contract = visitor.services.catalogue.contracts.find(dataset)
    return contract.title if contract else dataset


def _positions(visitor: Visitor, uses: Iterable[LoggedUse]) -> dict[str, Text]:
    wanted = {u.position for u in uses if u.position}
    with transaction(visitor.services.node.database) as session:
        rows = session.scalars(select(PositionRow).where(PositionRow.id.in_(wanted)))
        titles = {row.id: Text(row.title_zh, row.title_en) for row in rows}
        systems = session.scalars(select(SystemRow))
        return titles | {f"system:{s.client_id}": Text(s.name_zh, s.name_en) for s in systems}


def _filters(visitor: Visitor, told: Told, asked: Asked) -> tuple[Select, ...]:
    """None where only some uses are told: their choices would tell of the others."""
    if told.cases is not None:
        return ()
    every = Text("全部", "All")
    datasets, organisations = used_by(
        visitor.services.node.database, visitor.services.gateway.forms(told.subject)
    )
    return (
        Select(
            "who",
            Text("谁查的", "Who looked"),
            (
                Choice("", Text("只看别人", "Only others"), not asked.everyone),
                Choice("all", Text("包括本人", "Myself too"), asked.everyone),
            ),
        ),
        Select(
            "dataset",
            Text("数据集", "Dataset"),
            (
                Choice("", every, not asked.dataset),
                *(Choice(n, _title(visitor, n), n == asked.dataset) for n in datasets),
            ),
        ),
        Select(
            "organisation",
            Text("单位", "Organisation"),
            (
                Choice("", every, not asked.organisation),
                *(Choice(o, organisation_name(o), o == asked.organisation) for o in organisations),
            ),
        ),
    )


def _nobody(asked: Asked) -> State:
    if asked.dataset or asked.organisation or asked.before is not None:
        return State(
            "empty",
            Text("没有符合条件的查阅记录", "No look matches these filters"),
            action=Action(Text("查看全部", "Show all"), Asked(everyone=True).href()),
        )
    if asked.everyone:
        return State(
            "empty",
            Text("还没有人查过您的信息", "Nobody has looked at your data yet"),
            Text("每次查阅都会记在这里。", "Every look is recorded here."),
        )
    return State(
        "empty",
        Text("还没有别人查过您的信息", "Nobody else has looked at your data yet"),
        Text(
            "有部门查阅时，这里会写明是谁、为了什么事。",
            "As soon as a department looks, who and why will stand here.",
        ),
        action=Action(Text("看看本人的查阅记录", "Show my own looks"), Asked(everyone=True).href()),
    )


@router.get("/my/uses")
def page(
    request: Request,
    visitor: SignedInCitizen,
    before: str | None = None,
    dataset: str | None = None,
    organisation: str | None = None,
    who: str | None = None,
) -> Response:
    check = verification(visitor, OWN_LEVEL, here(request))
    if check is not None:
        return RedirectResponse(check, status_code=303)
    asked = Asked(number(before, "before"), dataset, organisation, who == "all")
    return render(request, "citizen/my_uses.html", fill(visitor, asked))


@router.get("/my/uses/{entry}/proof")
def proof(visitor: SignedInCitizen, entry: int) -> Response:
    """The proof as a file: what is hashed, the path, the signed head."""
    body = own_proof(visitor.services, visitor.principal, entry)
    headers = {"Content-Disposition": f'attachment; filename="xihu-proof-{entry}.json"'}
    content = orjson.dumps(body.model_dump(), option=orjson.OPT_INDENT_2)
    return Response(content, media_type="application/json", headers=headers)
