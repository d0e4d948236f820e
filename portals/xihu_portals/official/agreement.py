"""共享使用约定: what was agreed, to print and sign; made from the grant that is enforced."""

from dataclasses import dataclass
from datetime import date, datetime, time

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select

from xihu_catalog.contracts.model import policy_of
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.sharing.agreement import AgreedField, agreed_fields, rules_of
from xihu_platform.access.decision import Treatment
from xihu_platform.access.models import GrantRow, grant_of
from xihu_platform.access.policy import Grant
from xihu_platform.clock import SHANGHAI, civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound, Reason
from xihu_platform.identity.models import OrganisationRow
from xihu_platform.identity.principal import Position
from xihu_platform.matters.views import MatterView
from xihu_platform.words import Text
from xihu_portals.official.inbox import PATH
from xihu_portals.official.matter import MatterNumber
from xihu_portals.pages import matter_view
from xihu_portals.pages.matter_view import ShownEvent, ShownValue
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Table, TableColumn, Words
from xihu_portals.web.render import render

SIGNED = ("approve_inside", "register", "agree")
"""The events by which an organisation binds itself."""
router = APIRouter()


@dataclass(frozen=True, slots=True)
class AgreementPage:
    """What exactly was agreed?"""

    frame: PageFrame
    number: str
    href: str
    dataset: Words
    requester: Text
    provider: Text
    state: Text
    in_force: bool
    valid_from: date
    valid_to: date
    said: tuple[ShownValue, ...]
    conditions: Words | None
    rules: tuple[Text, ...]
    fields: Table
    signed: tuple[ShownEvent, ...]
    made_at: datetime
    digest: str


def fill(visitor: Visitor, number: int) -> AgreementPage:
    """Raises NotFound for one who has no part in the matter, and where nothing was agreed."""
    services = visitor.services
    view = services.matters.read(visitor.principal, number)
    grant, suspended = _grant(visitor, view)
    contract = services.catalogue.contracts.get(grant.dataset)
    policy = policy_of(contract)
    today = civil_date(visitor.frame.now)
    day = min(max(today, grant.valid_from), grant.valid_to)  # as it was, where it has ended
    noon = datetime.combine(day, time(12), SHANGHAI)
    fields = agreed_fields(policy, grant, _somebody(visitor, grant), noon)
    texts = services.matters.read_texts(visitor.principal, number)
    newest = matter_view.newest_texts(texts)
    events = matter_view.line_of_time(visitor, view, {})
    asked = view.definition.opening.takes
    written = {name: text for name, text in newest.items() if name in asked}
    mode = {name: value for name, value in view.facts.items() if name == "method"}
    return AgreementPage(
        frame=visitor.frame,
        number=view.number,
        href=f"{PATH}/{view.id}",
        dataset=contract.title,
        requester=organisation_name(grant.organisation),
        provider=organisation_name(contract.provider),
        state=matter_view.state_words(view.definition, view.state),
        in_force=grant.holds_on(today) and not suspended,
        valid_from=grant.valid_from,
        valid_to=grant.valid_to,
        said=matter_view.said_of(visitor, view, mode, written),
        conditions=contract.share_conditions,
        rules=tuple(RULES[one] for one in rules_of(policy, grant)),
        fields=_table(visitor, grant.dataset, fields),
        signed=tuple(
            shown for shown, event in zip(events, view.events, strict=True) if event.name in SIGNED
        ),
        made_at=visitor.frame.now,
        digest=services.matters.digest(view.id),
    )


def _grant(visitor: Visitor, view: MatterView) -> tuple[Grant, bool]:
    query = select(GrantRow).where(GrantRow.matter == view.id)
    with transaction(visitor.services.node.database) as session:
        row = session.scalars(query).first()
        if row is None:
            raise NotFound(
                f"{view.number} 还没有达成约定：同意共享后才有",
                f"nothing is agreed in {view.number} yet: there is an agreement once it is agreed",
            )
        return grant_of(row), row.suspended


def _somebody(visitor: Visitor, grant: Grant) -> Position:
    """A position of the organisation, for the region that it answers for."""
    query = select(OrganisationRow.region).where(OrganisationRow.uscc == grant.organisation)
    with transaction(visitor.services.node.database) as session:
        region = session.scalar(query) or ""
    name = organisation_name(grant.organisation)
    return Position("agreed", "", "", grant.organisation, name.zh, name.en, region)


RULES = {
    "per_case": Text(
        "按业务事由逐人查询，不提供批量明细",
        "One subject of one ground at a time; no rows in bulk",
    ),
    "no_bulk": Text("只能在页面上查阅，不能下载", "Pages only, no downloads"),
    "aggregate_only": Text("只提供聚合结果，不提供明细", "Aggregates only, no rows"),
}
_SEEN: dict[Treatment, Text] = {
    "clear": Text("原样", "clear"),
    "mask": Text("部分隐去", "partly hidden"),
    "rekey": Text("脱敏编号", "pseudonym"),
}


def _table(visitor: Visitor, dataset: str, fields: tuple[AgreedField, ...]) -> Table:
    contract = visitor.services.catalogue.contracts.get(dataset)
    columns = (
        TableColumn(Text("数据项", "Field")),
        TableColumn(Text("等级", "Grade")),
        TableColumn(Text("履行职责时", "For a duty")),
        TableColumn(Text("凭业务事由", "Under a ground")),
        TableColumn(Text("能否下载", "Download")),
    )
    rows = []
    for one in fields:
        field = contract.field(one.name)
        title: Words = field.title if field is not None else one.name
        grade = field.grade if field is not None else ""
        leaves = Text("能", "yes") if one.bulk else Text("不能", "no")
        rows.append((title, grade, _seen(one.duty), _seen(one.ground), leaves))
    return Table(Text("约定的数据项", "Fields agreed on"), columns, tuple(rows))


def _seen(decided: Treatment | Reason) -> Text:
    return Text("不提供", "not given") if isinstance(decided, Reason) else _SEEN[decided]


@router.get(f"{PATH}/{{matter}}/agreement")
def page(request: Request, visitor: InOffice, matter: MatterNumber) -> HTMLResponse:
    return render(request, "official/agreement.html", fill(visitor, matter))
