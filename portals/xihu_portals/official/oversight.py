"""What a chief data officer has to see to: what falls short, and where it is corrected.

Departments and goals, never persons: nothing here is about a person's records or an official.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import func, select

from xihu_catalog.contracts.entries import unpublished
from xihu_catalog.quality.overview import (
    DatasetQuality,
    DepartmentQuality,
    dataset_qualities,
    department_qualities,
)
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.services.figures import item_figures
from xihu_catalog.services.items import service_items
from xihu_catalog.services.measures import By
from xihu_platform.access.offices import AUDIT, MATTERS, check, oversight_refusal
from xihu_platform.access.reason_codes import BY_CODE
from xihu_platform.access.record import actor
from xihu_platform.audit.entries import LogLook
from xihu_platform.audit.listing import RefusalCount, refusal_counts
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.identity.models import PositionRow
from xihu_platform.words import Text
from xihu_portals.official.asker import asker
from xihu_portals.pages import figures
from xihu_portals.pages.describe import region_name
from xihu_portals.pages.measures import FORMULAS, shown_measures
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.datasets import floor_share
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Gap, Link, State, Table, TableColumn, Value, Words
from xihu_portals.web.render import render

PATH = "/official/oversight"
DAYS = 30
"""How far back refusals are counted."""
REFUSED_ROWS = 20
_DATASET = TableColumn(Text("数据集", "Dataset"))
_DEPARTMENT = TableColumn(Text("部门", "Department"))
_PER_CENT = Text("%", "%")
router = APIRouter()


@dataclass(frozen=True, slots=True)
class MissingNumber:
    """A number whose newest closed period lacks cells."""

    metric: MetricSpec
    gap: Gap
    cells: int


@dataclass(frozen=True, slots=True)
class OversightPage:
    """What falls short, and where is it corrected?"""

    frame: PageFrame
    loads: Table | State
    missing: Table | State
    late: Table | State
    departments: Table
    spared: Table | State
    """Of each service, the papers that its cases were not asked for."""
    offices: Table | State
    """How the cases of each office that decides are handled."""
    places: Table | State
    """The same for each place."""
    refusals: Table | State
    refused: int
    """Refusals of the last `DAYS` days, those beyond the table's rows too."""
    users: Table


def _overseer(visitor: InOffice) -> Visitor:
    """Raises Refused for another office, which the log then holds."""
    gateway = visitor.services.gateway
    check(gateway, visitor.principal, AUDIT, oversight_refusal(visitor.principal, gateway.clock()))
    return visitor


OverseerVisitor = Annotated[Visitor, Depends(_overseer)]


def fill(visitor: Visitor) -> OversightPage:
    """Counting refusals looks at the log, so it is an entry first. Raises AuditUnavailable."""
    services = visitor.services
    look = LogLook(actor(visitor.principal), "oversight", {"days": str(DAYS)})
    services.log.record(look.entry())
    qualities = dataset_qualities(services.catalogue, services.node.database)
    missing = missing_numbers(visitor)
    now = visitor.frame.now
    every = refusal_counts(services.node.database, now - timedelta(days=DAYS), now)
    hidden = unpublished(services.node.database).keys() - services.catalogue.contracts.all().keys()
    refused = [one for one in every if one.dataset not in hidden]
    return OversightPage(
        frame=visitor.frame,
        loads=_loads(sorted((q for q in qualities if q.falls_short), key=_share_of)),
        missing=_missing(visitor, missing),
        late=_late([one for one in qualities if one.heartbeat.state != "live"]),
        departments=_departments(
            department_qualities(qualities, {m.metric.dataset: m.cells for m in missing})
        ),
        spared=_spared(visitor),
        offices=_handled(visitor, "organisation"),
        places=_handled(visitor, "place"),
        refusals=_refusals(visitor, refused),
        refused=sum(one.number for one in refused),
        users=_users(visitor, refused),
    )


def missing_numbers(visitor: Visitor) -> list[MissingNumber]:
    """By dataset the metric that lacks most: the others lack the same cells or some of them.

    Each is asked as any number is, and leaves its entry.
    """
    who, worst = asker(visitor), dict[str, MissingNumber]()
    for spec in sorted(visitor.services.metrics.values(), key=lambda one: one.id):
        if not spec.frame:
            continue
        last = figures.series(who, spec, latest=1, compare=False).last
        lacks = figures.lacks(who, spec, (last,)) if last else None
        if last is None or lacks is None or not (cells := last.completeness.missing_cells):
            continue
        if spec.dataset not in worst or cells > worst[spec.dataset].cells:
            worst[spec.dataset] = MissingNumber(spec, lacks, cells)
    return [worst[dataset] for dataset in sorted(worst)]


def _loads(short: list[DatasetQuality]) -> Table | State:
    if not short:
        return State("live", Text("最近的装载都达到目标", "Every newest load meets the goal"))
    return Table(
        caption=Text(
            "最近一次装载入库不足 99%，最低的在前", "Newest loads below 99 % accepted, lowest first"
        ),
        columns=(
            _DATASET,
            _DEPARTMENT,
            TableColumn(Text("收到", "Received"), numeric=True),
            TableColumn(Text("仍有问题", "Still open"), numeric=True),
            TableColumn(Text("入库率", "Accepted"), _PER_CENT, numeric=True, decimals=1),
        ),
        rows=tuple(_load(one) for one in short),
    )


def _share_of(one: DatasetQuality) -> Decimal:
    assert one.accepted_share is not None  # a dataset without a load does not fall short
    return one.accepted_share


def _load(one: DatasetQuality) -> tuple[Value, ...]:
    newest = one.newest
    assert newest is not None  # a dataset without a load does not fall short
    return (
        Link(one.contract.title, f"/official/loads/{newest.load.load_id}"),
        organisation_name(one.contract.provider),
        newest.load.counts.received,
        newest.still_open,
        per_cent(one.accepted_share),
    )


def _missing(visitor: Visitor, missing: list[MissingNumber]) -> Table | State:
    if not missing:
        return State("live", Text("没有缺数的指标", "No number lacks cells"))
    contracts = visitor.services.catalogue.contracts
    return Table(
        caption=Text("缺数的指标", "Numbers that lack cells"),
        columns=(
            TableColumn(Text("缺什么", "What is missing")),
            TableColumn(Text("指标", "Metric")),
            _DEPARTMENT,
        ),
        rows=tuple(
            (
                Link(one.gap.text, one.gap.href or f"/official/datasets/{one.metric.dataset}"),
                Link(one.metric.name, f"/official/metrics/{one.metric.id}"),
                organisation_name(contracts.get(one.metric.dataset).provider),
            )
            for one in missing
        ),
    )


def _late(late: list[DatasetQuality]) -> Table | State:
    if not late:
        return State("live", Text("数据都按时更新", "All data is in time"))
    states = {
        "late": Text("逾期未更新", "Late"),
        "broken": Text("没有可读的数据", "No data that can be read"),
    }
    return Table(
        caption=Text("逾期和中断的数据", "Late and broken data"),
        columns=(
            _DATASET,
            _DEPARTMENT,
            TableColumn(Text("状态", "State")),
            TableColumn(Text("应更新于", "Was due")),
        ),
        rows=tuple(
            (
                Link(one.contract.title, f"/official/datasets/{one.contract.dataset}"),
                organisation_name(one.contract.provider),
                states[one.heartbeat.state],
                one.heartbeat.due_at,
            )
            for one in late
        ),
    )


def _departments(found: list[DepartmentQuality]) -> Table:
    return Table(
        caption=Text("各部门数据质量", "Quality by department"),
        columns=(
            _DEPARTMENT,
            TableColumn(Text("数据集", "Datasets"), numeric=True),
            TableColumn(Text("入库率", "Accepted"), _PER_CENT, numeric=True, decimals=1),
            TableColumn(Text("逾期占比", "Late"), _PER_CENT, numeric=True, decimals=1),
            TableColumn(Text("缺格", "Missing cells"), numeric=True),
        ),
        rows=tuple(
            (
                Link(organisation_name(one.provider), _of_department(one.provider)),
                one.datasets,
                per_cent(one.accepted_share),
                per_cent(one.late_share),
                one.missing,
            )
            for one in found
        ),
    )


def _spared(visitor: Visitor) -> Table | State:
    """Of every office: services and numbers of papers, no case and no person."""
    with transaction(visitor.services.node.database) as session:
        found = item_figures(session)
    items = service_items()
    if not found:
        return State("empty", Text("还没有人提交申请", "Nobody has applied yet"))
    return Table(
        caption=Text("免交材料，按事项", "Papers not asked for, by service"),
        columns=(
            TableColumn(Text("事项", "Service")),
            _DEPARTMENT,
            TableColumn(Text("办件", "Cases"), numeric=True),
            TableColumn(Text("免交（份）", "Not asked for"), numeric=True),
            TableColumn(Text("最初要求（份）", "Of the first version"), numeric=True),
        ),
        rows=tuple(
            (
                items[one.item].name.text(),
                organisation_name(items[one.item].body),
                one.cases,
                one.spared,
                one.papers,
            )
            for one in found
            if one.item in items
        ),
    )


def _handled(visitor: Visitor, by: By) -> Table | State:
    """In the order of codes: a list of offices or places is no ranking."""
    found = shown_measures(visitor, by=by, public=False)
    if not found:
        return State("empty", Text("还没有人提交申请", "Nobody has applied yet"))
    offices = by == "organisation"
    name = organisation_name if offices else region_name
    return Table(
        caption=Text("办理情况，按部门", "How cases are handled, by department")
        if offices
        else Text("办理情况，按地区", "How cases are handled, by place"),
        columns=(
            _DEPARTMENT if offices else TableColumn(Text("地区", "Place")),
            TableColumn(Text("办件", "Cases"), numeric=True),
            *(TableColumn(title, numeric=True) for title, _ in FORMULAS),
            TableColumn(Text("办理渠道", "Channels")),
        ),
        rows=tuple(
            (name(one.of), one.cases, *(each.value for each in one.measures), one.channels)
            for one in found
        ),
    )


def _refusals(visitor: Visitor, refused: list[RefusalCount]) -> Table | State:
    """By reason and dataset: to whom is in the table of organisations."""
    if not refused:
        return State("live", Text("近 30 天没有拒绝", "Nothing was refused in 30 days"))
    counts: dict[tuple[str, str], int] = {}
    for one in refused:
        counts[one.reason, one.dataset] = counts.get((one.reason, one.dataset), 0) + one.number
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return Table(
        caption=Text(
            f"近 {DAYS} 天的拒绝，按原因和数据集",
            f"Refusals of the last {DAYS} days, by reason and dataset",
        ),
        columns=(
            TableColumn(Text("原因", "Reason")),
            _DATASET,
            TableColumn(Text("次数", "Times"), numeric=True),
            TableColumn(Text("怎样才可以", "What would make it possible")),
        ),
        rows=tuple(
            (_reason(code), _dataset(visitor, dataset), number, _remedy(code))
            for (code, dataset), number in ordered[:REFUSED_ROWS]
        ),
    )


def _reason(code: str) -> Words:
    known = BY_CODE.get(code)
    return known.text if known else code


def _remedy(code: str) -> Text | None:
    known = BY_CODE.get(code)
    return known.remedy if known else None


def _dataset(visitor: Visitor, dataset: str) -> Value:
    """A link where the catalogue knows it; the log itself, pushes and former datasets have none."""
    contract = visitor.services.catalogue.contracts.find(dataset)
    if contract is not None:
        return Link(contract.title, f"/official/datasets/{dataset}")
    return {AUDIT: Text("审计日志", "The log"), MATTERS: Text("事项", "Matters")}.get(
        dataset, dataset or None
    )


def _users(visitor: Visitor, refused: list[RefusalCount]) -> Table:
    """Positions in force, not persons: somebody with two of them is two users."""
    today = civil_date(visitor.frame.now)
    query = (
        select(PositionRow.organisation, func.count())
        .where(PositionRow.valid_from <= today, PositionRow.valid_to >= today)
        .group_by(PositionRow.organisation)
        .order_by(PositionRow.organisation)
    )
    with transaction(visitor.services.node.database) as session:
        rows = [(str(uscc), int(number)) for uscc, number in session.execute(query)]
    counts: dict[str | None, int] = {}
    for one in refused:
        counts[one.organisation] = counts.get(one.organisation, 0) + one.number
    return Table(
        caption=Text("各单位的用户", "Users by organisation"),
        columns=(
            TableColumn(Text("单位", "Organisation")),
            TableColumn(Text("在任岗位", "Positions in force"), numeric=True),
            TableColumn(Text(f"近 {DAYS} 天被拒绝", f"Refused in {DAYS} days"), numeric=True),
        ),
        rows=(
            *((organisation_name(uscc), n, counts.pop(uscc, 0)) for uscc, n in rows),
            *((_nobody_there(uscc), None, n) for uscc, n in counts.items()),
        ),
    )


def _nobody_there(organisation: str | None) -> Words:
    """Who was refused and holds no position in force."""
    if organisation is None:
        return Text("群众、企业和未登录者", "Citizens, firms and visitors")
    return organisation_name(organisation)


def _of_department(provider: str) -> str:
    return f"/official/catalogue?{urlencode({'provider': provider})}"


def per_cent(share: Decimal | None) -> Decimal | None:
    """
    >>> per_cent(Decimal("0.98968"))
    Decimal('98.9')
    """
    return None if share is None else (floor_share(share) * 100).quantize(Decimal("0.1"))


@router.get(PATH)
def page(request: Request, visitor: OverseerVisitor) -> HTMLResponse:
    return render(request, "official/oversight.html", fill(visitor))
