"""My data: what the state has on me, or on the firm I act for."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from xihu_catalog.contracts.model import Contract, Field
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.services.items import service_items
from xihu_platform.access import reasons
from xihu_platform.access.answers import Page
from xihu_platform.access.decision import FULL_LEVEL, OWN_LEVEL, Allow
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery, Sort
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound, Reason, Refused
from xihu_platform.identity.mandates import mandates_held
from xihu_platform.identity.principal import Mandate
from xihu_platform.words import Text
from xihu_portals.citizen.matters import news_of
from xihu_portals.citizen.verification import PROVING, proven_level, unproven, verification
from xihu_portals.pages import describe, values
from xihu_portals.pages.correction import wrong_links
from xihu_portals.pages.visitor import SignedInCitizen, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Action, Freshness, Link, State, Value, Words
from xihu_portals.web.render import render

OWN = Purpose("own")
OWN_ROWS = 20
_AREAS: dict[str, tuple[Text, str, tuple[str, ...]]] = {
    "identity": (Text("身份与户口", "Identity"), "id-badge-2", ("population",)),
    "work": (Text("就业与社保", "Work and insurance"), "briefcase", ("social_security",)),
    "health": (Text("看病与医保", "Health"), "health-recognition", ("health",)),
    "home": (Text("住房与房产", "Home"), "home-2", ("geography", "construction")),
    "school": (Text("上学", "School"), "school", ("education",)),
    "firm": (Text("企业", "Firm"), "briefcase", ("legal_person", "economy", "credit")),
}
_OTHER = ("other", (Text("办事与证照", "Services and licences"), "id-badge-2", ()))
router = APIRouter()


@dataclass(frozen=True, slots=True)
class Holding:
    """One field of one of my records, its name in words."""

    name: Words
    value: Value
    note: Text | None = None
    """How it was treated: 只显示后四位."""
    unit: Text | None = None


@dataclass(frozen=True, slots=True)
class Record:
    title: Words
    fields: tuple[Holding, ...]
    wrong: Link | None = None
    """Where one says that it is wrong."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A dataset or field that I may not see, and why."""

    name: Words
    reason: Reason


@dataclass(frozen=True, slots=True)
class MyDataset:
    id: str
    title: Words
    source: Words
    """The department that keeps it."""
    as_of: datetime | None
    records: tuple[Record, ...]
    withheld: tuple[Withheld, ...] = ()
    freshness: Freshness | None = None
    total: int = 0
    """How many records there are; the newest `OWN_ROWS` are shown."""


@dataclass(frozen=True, slots=True)
class LifeArea:
    """A part of life, not of government: 身份与户口, 社保, 住房 …"""

    id: str
    name: Text
    icon: str
    """A name of the icon sprite: id-badge-2, health-recognition, home-2, briefcase, school."""
    datasets: tuple[MyDataset, ...]

    @property
    def records(self) -> int:
        return sum(one.total for one in self.datasets)


@dataclass(frozen=True, slots=True)
class HeldOnMe:
    """All of it in one sentence."""

    departments: int
    """Those that have at least one record."""
    records: int
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class MyData:
    """5 · What does the state hold on me?"""

    frame: PageFrame
    areas: tuple[LifeArea, ...]
    summary: HeldOnMe | None = None
    """None where nothing is shown at all."""
    withheld: tuple[Withheld, ...] = ()
    """Whole datasets that exist and that I may not see."""
    state: State | None = None
    """In place of the data: real-name level too low, source broken."""
    named: tuple[Link, ...] = ()
    """In place of the data: the services that a mandate names, each with its guide."""
    until: date | None = None
    """The last day of such a mandate; None of one without, and where services differ in it."""
    ends: tuple[date, ...] = ()
    """The last day for each service, where it is not the same for all."""
    mandate: Words | None = None
    """The firm or person acted for: the page is then about them."""
    news: int = 0
    """How many matters of the reader have news."""


def fill(visitor: Visitor) -> MyData:
    """Every dataset that may have records of this person, or of the firm they act for."""
    firm = visitor.principal.mandate is not None and visitor.principal.mandate.kind == "firm"
    contracts = visitor.services.catalogue.contracts
    about = contracts.about("firm" if firm else "subject")
    if visitor.principal.level < OWN_LEVEL:
        return MyData(visitor.frame, (), state=unproven(), mandate=_mandate(visitor))
    acting = visitor.principal.mandate
    if acting is not None and acting.items:
        return _for_another(visitor, acting)
    shown: list[tuple[str, MyDataset]] = []
    withheld: list[Withheld] = []
    for contract in about:
        try:
            shown.append((_area_of(contract), _my_dataset(visitor, contract)))
        except Refused as refused:
            withheld.append(Withheld(contract.title, refused.reason))
        except NotFound:  # nothing loaded yet, so it has no records of anybody
            continue
    shown.sort(key=lambda pair: [*_AREAS, _OTHER[0]].index(pair[0]))
    areas = tuple(
        _life_area(key, tuple(d for _, d in group))
        for key, group in groupby(shown, key=lambda pair: pair[0])
    )
    summary = _summary([dataset for _, dataset in shown])
    more, news = _more(visitor), news_of(visitor)
    return MyData(
        visitor.frame,
        areas,
        summary,
        tuple(withheld),
        more,
        mandate=_mandate(visitor),
        news=news,
    )


def _summary(shown: list[MyDataset]) -> HeldOnMe:
    there = [one for one in shown if one.total]
    return HeldOnMe(
        departments=len({one.source for one in there}),
        records=sum(one.total for one in there),
        updated_at=max((one.as_of for one in there if one.as_of), default=None),
    )


def _for_named_services() -> State:
    """In place of all data: the gateway shows none of it to whoever acts in named services."""
    return State(
        "refused",
        Text("您的授权只限于列明的事项", "Your mandate is for the services that it names"),
        reason=reasons.MANDATE,
        action=Action(Text("去办事", "To the services"), "/services"),
    )


def _for_another(visitor: Visitor, acting: Mandate) -> MyData:
    """For whom others have named services: those, each with its last day where days differ."""
    today = civil_date(visitor.frame.now)
    with transaction(visitor.services.node.database) as session:
        known = [
            one
            for one in mandates_held(session, visitor.principal.id)
            if one.key == acting.key and one.in_force(today)
        ]
    named = _named(acting)
    ends = tuple(
        max((one.valid_to for one in known if item in one.items), default=acting.valid_to)
        for item in (one.href.rpartition("/")[2] for one in named)
    )
    same = len(set(ends)) < 2
    return MyData(
        visitor.frame,
        (),
        state=_for_named_services(),
        named=named,
        until=acting.valid_to if same and acting.valid_to != date.max else None,
        ends=() if same else ends,
        mandate=_mandate(visitor),
    )


def _named(mandate: Mandate) -> tuple[Link, ...]:
    """In the order of the list of services; a service that is offered no longer is left out."""
    return tuple(
        Link(one.name.text(), f"/services/{one.id}")
        for one in service_items().values()
        if one.id in mandate.items
    )


def _mandate(visitor: Visitor) -> Text | None:
    mandate = visitor.principal.mandate
    return Text(mandate.name_zh, mandate.name_en) if mandate else None


def _more(visitor: Visitor) -> State | None:
    """At level 2: what level 3 would add, by the way that is open to this person."""
    if visitor.principal.level >= FULL_LEVEL:
        return None
    proven = proven_level(visitor) >= FULL_LEVEL
    return State(
        "proof",
        Text("敏感信息没有显示", "Sensitive information is not shown"),
        Text(
            "例如就诊和银行账户，再验证一次就能看。"
            if proven
            else "例如就诊和银行账户，做过高级实名认证才能看。",
            "Hospital visits and bank accounts, for example, are shown after one more check."
            if proven
            else "Hospital visits and bank accounts, for example, need an identity proven in full.",
        ),
        action=Action(Text("继续验证", "Continue to verify"), "/signin?level=3&next=/my/data")
        if proven
        else Action(Text("怎样做实名认证", "How to prove who I am"), PROVING),
    )


def _area_of(contract: Contract) -> str:
    return next((k for k, (_, _, t) in _AREAS.items() if contract.topic in t), _OTHER[0])


def _life_area(key: str, datasets: tuple[MyDataset, ...]) -> LifeArea:
    name, icon, _ = _AREAS.get(key, _OTHER[1])
    return LifeArea(key, name, icon, datasets)


def _my_dataset(visitor: Visitor, contract: Contract) -> MyDataset:
    page = visitor.services.gateway.read_page(
        visitor.principal,
        contract.dataset,
        OWN,
        RowQuery(sorts=_newest_first(visitor, contract)),
        limit=OWN_ROWS,
        exit_name="my_data",
    )
    heart = visitor.services.catalogue.heartbeat(contract)
    return MyDataset(
        id=contract.dataset,
        title=contract.title,
        source=organisation_name(contract.provider),
        as_of=heart.loaded_at,
        records=_records(visitor, contract, page),
        withheld=tuple(
            Withheld(f.title, v.reason)
            for f in contract.fields
            if (v := page.decision.field_decision(f.name)) and v.reason
        ),
        freshness=describe.freshness(heart),
        total=page.total or 0,
    )


def _newest_first(visitor: Visitor, contract: Contract) -> tuple[Sort, ...]:
    """Where the person sees when a record was made; else the order of the files."""
    decision = visitor.services.gateway.decide(visitor.principal, contract.dataset, OWN)
    decided = (
        decision.field_decision(contract.time_field or "") if isinstance(decision, Allow) else None
    )
    if contract.time_field is None or decided is None or decided.treatment != "clear":
        return ()
    return (Sort(contract.time_field, descending=True),)


def _records(visitor: Visitor, contract: Contract, page: Page) -> tuple[Record, ...]:
    own = visitor.principal.mandate is None
    fields = [f for f in contract.fields if f.name in page.table.column_names]
    rows = page.table.to_pylist()
    verified = {one.row: one.fields for one in page.disputed}
    wrong = wrong_links(visitor, contract, page)
    return tuple(
        Record(
            Text(f"第 {place + 1} 条，共 {page.total} 条", f"Record {place + 1} of {page.total}"),
            tuple(
                _holding(page.decision, f, row, own=own, disputed=f.name in verified.get(place, ()))
                for f in fields
            ),
            wrong[place],
        )
        for place, row in enumerate(rows)
    )


def _holding(
    allow: Allow, field: Field, row: dict[str, object], *, own: bool, disputed: bool
) -> Holding:
    decided = allow.field_decision(field.name)
    if field.protect == "pseudonym":
        mine = Text("本人证件号码", "your own document number")
        other = Text("证件号码", "a document number")
        kept = Text("为保护隐私，这里不显示全部", "not shown in full, to protect your privacy")
        return Holding(field.title, mine if own and field.subject_key else other, kept)
    note = None
    if field.protect == "mask" or decided is not None and decided.treatment == "mask":
        note = Text("为保护隐私，这里不显示全部", "not shown in full, to protect your privacy")
    shown = values.said(values.value(field, row.get(field.name), decided), disputed=disputed)
    return Holding(field.title, shown, note, field.unit)


@router.get("/my/data")
def page(request: Request, visitor: SignedInCitizen, later: str = "") -> Response:
    """`later=1` shows what this sign-in reaches, without asking for a further check."""
    check = None if later else verification(visitor, FULL_LEVEL, "/my/data")
    if check is not None:
        return RedirectResponse(check, status_code=303)
    return render(request, "citizen/my_data.html", fill(visitor))
