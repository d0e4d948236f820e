"""Who read which dataset in a month: by organisation and purpose, never by person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from xihu_platform.access.record import record_look
from xihu_platform.audit.listing import DatasetReader, readers
from xihu_platform.clock import SHANGHAI
from xihu_platform.errors import BadInput
from xihu_platform.words import Text
from xihu_portals.official.audit_office import (
    PURPOSES,
    AuditorVisitor,
    dataset_title,
    moment_of,
    month_before,
    organisation_words,
)
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Choice, Link, Period, Select, State, Table, TableColumn
from xihu_portals.web.render import render

PATH = "/official/audit/readers"
MONTHS = 13
"""Months that may be chosen."""
PUBLIC = Text("群众（本人或开放数据）", "citizens: their own or open data")
router = APIRouter()


@dataclass(frozen=True, slots=True)
class DatasetReaders:
    """Who read which dataset?"""

    frame: PageFrame
    month: Period
    filters: tuple[Select, ...]
    before: Link
    """The month before."""
    table: Table | State
    fault: Text | None = None


def fill(visitor: Visitor, month: str = "", dataset: str = "") -> DatasetReaders:
    """Of the present month where none is named. The look is an entry first."""
    record_look(visitor.services.log, visitor.principal, "readers", month=month, dataset=dataset)
    this = visitor.frame.now.astimezone(SHANGHAI).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    start, fault = this, None
    try:
        start = _month(month) if month else this
    except BadInput as wrong:
        fault = wrong.text
    end = (start + timedelta(days=32)).replace(day=1)
    found = readers(visitor.services.node.database, start, end, dataset)
    earlier = month_before(start)
    narrowed = {"month": f"{earlier:%Y-%m}", **({"dataset": dataset} if dataset else {})}
    return DatasetReaders(
        frame=visitor.frame,
        month=Period(start.date(), "month"),
        filters=_filters(visitor, this, start, dataset),
        before=Link(Text("上个月", "The month before"), f"{PATH}?{urlencode(narrowed)}"),
        table=_table(visitor, found, start, end)
        if found
        else State("empty", Text("这个月没有人读取过", "Nobody read anything in this month")),
        fault=fault,
    )


def _month(text: str) -> datetime:
    """Raises BadInput."""
    try:
        return moment_of(text, "%Y-%m")
    except ValueError:
        raise BadInput(
            f"month 应写作 2026-11，不是“{text[:20]}”，下面是本月",
            f"month must read like 2026-11, not “{text[:20]}”: this month is shown",
        ) from None


def _filters(
    visitor: Visitor, this: datetime, chosen: datetime, dataset: str
) -> tuple[Select, ...]:
    months = [this]
    while len(months) < MONTHS:
        months.append(month_before(months[-1]))
    contracts = visitor.services.catalogue.contracts.all()
    return (
        Select(
            "month",
            Text("月份", "Month"),
            tuple(
                Choice(
                    f"{one:%Y-%m}",
                    Text(f"{one.year}年{one.month}月", f"{one:%b} {one.year}"),
                    one == chosen,
                )
                for one in months
            ),
        ),
        Select(
            "dataset",
            Text("数据集", "Dataset"),
            (
                Choice("", Text("全部", "All"), not dataset),
                *(Choice(n, c.title, n == dataset) for n, c in sorted(contracts.items())),
            ),
        ),
    )


def _table(visitor: Visitor, found: list[DatasetReader], start: datetime, end: datetime) -> Table:
    last = end - timedelta(days=1)
    return Table(
        caption=Text("谁读取了哪个数据集", "Who read which dataset"),
        columns=(
            TableColumn(Text("数据集", "Dataset")),
            TableColumn(Text("单位", "Organisation")),
            TableColumn(Text("用途", "Purpose")),
            TableColumn(Text("读取次数", "Reads"), numeric=True),
            TableColumn(Text("被拒绝", "Refused"), numeric=True),
            TableColumn(Text("最近一次", "Last")),
        ),
        rows=tuple(
            (
                Link(dataset_title(visitor, one.dataset), _entries(one, start, last)),
                organisation_words(one.organisation) if one.organisation else PUBLIC,
                PURPOSES.get(one.purpose, one.purpose or "—"),
                one.reads,
                one.refused,
                one.last_at,
            )
            for one in found
        ),
    )


def _entries(one: DatasetReader, start: datetime, last: datetime) -> str:
    """The entries that a line counts."""
    asked = {
        "dataset": one.dataset,
        "organisation": one.organisation or "",
        "purpose": one.purpose,
        "since": f"{start:%Y-%m-%d}",
        "until": f"{last:%Y-%m-%d}",
    }
    return f"/official/audit?{urlencode({name: value for name, value in asked.items() if value})}"


@router.get(PATH)
def page(
    request: Request,
    visitor: AuditorVisitor,
    month: Annotated[str, Query(max_length=20)] = "",
    dataset: Annotated[str, Query(max_length=80)] = "",
) -> HTMLResponse:
    return render(request, "official/audit_readers.html", fill(visitor, month, dataset))
