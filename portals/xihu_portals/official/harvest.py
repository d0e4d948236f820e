"""其他目录: the catalogues that this node harvests, how the newest runs went, and their entries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.datasets.entries import is_stored
from xihu_catalog.harvest.job import HarvestRun, count_records, list_faults, list_runs
from xihu_catalog.harvest.models import RunState
from xihu_catalog.harvest.sources import HarvestSource, harvest_sources
from xihu_catalog.search.asking import SearchQuery
from xihu_platform.access.offices import editing_refusal
from xihu_platform.database import transaction
from xihu_platform.words import Text
from xihu_portals.pages.harvest_words import either, source_title
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import State, Table, TableColumn, Words
from xihu_portals.web.render import render

PATH = "/official/harvest"
RUNS, FAULTS, FOUND = 10, 20, 50
"""Runs and faults of a source, and entries found, that are shown."""
STATES: dict[RunState, Text] = {
    "running": Text("进行中或被中断", "running, or cut off"),
    "interrupted": Text("中断，可续采", "interrupted, to be resumed"),
    "complete": Text("完成", "complete"),
    "partial": Text("不完整，没有移除条目", "not complete, nothing removed"),
    "refused": Text("缺失过多，没有移除条目", "too much missing, nothing removed"),
    "failed": Text("失败", "failed"),
}
KINDS = {
    "ckan": Text("CKAN 接口", "CKAN API"),
    "dcat": Text("DCAT 目录", "DCAT catalogue"),
    "data_json": Text("data.json 文件", "data.json"),
    "xihu": Text("另一个西湖平台", "another Xihu node"),
}
SCHEDULES = {
    "daily": Text("每日", "daily"),
    "weekly": Text("每周", "weekly"),
    "monthly": Text("每月", "monthly"),
    "manual": Text("手工", "by hand"),
}
router = APIRouter()


@dataclass(frozen=True, slots=True)
class HarvestedSource:
    """One catalogue, and what came of it."""

    id: str
    title: Words
    href: str
    kind: Text
    schedule: Text
    entries: int
    wrong: int
    state: Text
    since: datetime | None
    is_well: bool
    error: Text | None
    runs: Table | None
    faults: Table | None


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry of another catalogue; `edit` for a reader who may edit it."""

    title: Words
    href: str
    source: Words
    edit: str | None


@dataclass(frozen=True, slots=True)
class HarvestPage:
    """Which catalogues do we take over, and are their entries right?"""

    frame: PageFrame
    sources: tuple[HarvestedSource, ...]
    empty: State
    typed: str
    found: tuple[FoundEntry, ...]
    nothing: State | None


_EMPTY = State(
    "empty",
    Text("没有要采集的目录", "No catalogue is harvested"),
    Text(
        "运维人员在登记库 harvest.yaml 中登记：CKAN、DCAT、data.json 或者另一个西湖平台。",
        "The operator adds one to harvest.yaml of the registry: CKAN, DCAT, data.json or another "
        "Xihu node.",
    ),
)


def fill(visitor: Visitor, typed: str = "") -> HarvestPage:
    found = _found(visitor, typed) if typed else ()
    nothing = None
    if typed and not found:
        nothing = State(
            "empty",
            Text("其他目录的条目中没有找到", "No entry of another catalogue was found"),
            Text("换个说法，或者写短一些。", "Say it otherwise, or with fewer words."),
        )
    return HarvestPage(
        frame=visitor.frame,
        sources=tuple(_source(visitor, one) for one in harvest_sources().values()),
        empty=_EMPTY,
        typed=typed,
        found=found,
        nothing=nothing,
    )


def _source(visitor: Visitor, one: HarvestSource) -> HarvestedSource:
    with transaction(visitor.services.node.database) as session:
        runs = list_runs(session, one.id, RUNS)
        entries, wrong = count_records(session, one.id)
        faults = list_faults(session, one.id, FAULTS) if wrong else []
    since, last = runs[0] if runs else (None, None)
    return HarvestedSource(
        id=one.id,
        title=one.title.text(),
        href=one.url,
        kind=KINDS[one.kind],
        schedule=SCHEDULES[one.schedule],
        entries=entries,
        wrong=wrong,
        state=STATES[last.state] if last else Text("还没有采集过", "never harvested"),
        since=since,
        is_well=last is None or last.state in {"complete", "running"},
        error=last.error if last else None,
        runs=_runs(runs) if runs else None,
        faults=_faults([(fault.record, fault.reason) for fault in faults]) if faults else None,
    )


def _runs(runs: list[tuple[datetime, HarvestRun]]) -> Table:
    return Table(
        caption=Text("最近各次采集", "The newest runs"),
        columns=(
            TableColumn(Text("开始", "Began")),
            TableColumn(Text("结果", "Result")),
            TableColumn(Text("新增", "New"), numeric=True),
            TableColumn(Text("变更", "Changed"), numeric=True),
            TableColumn(Text("未变", "Same"), numeric=True),
            TableColumn(Text("移除", "Removed"), numeric=True),
            TableColumn(Text("有误", "Wrong"), numeric=True),
        ),
        rows=tuple(
            (at, STATES[run.state], run.new, run.changed, run.same, run.removed, run.failed)
            for at, run in runs
        ),
    )


def _faults(faults: list[tuple[str, Text]]) -> Table:
    return Table(
        caption=Text("有误的记录", "Records that are wrong"),
        columns=(
            TableColumn(Text("来源的编号", "Its id there"), code=True),
            TableColumn(Text("原因", "Why")),
        ),
        rows=tuple((record[:80], reason) for record, reason in faults),
    )


def _found(visitor: Visitor, typed: str) -> tuple[FoundEntry, ...]:
    services = visitor.services
    ids = services.search.search(SearchQuery(typed, limit=4 * FOUND)).ids
    stored = [one for one in ids if is_stored(one)][:FOUND]
    known = services.entries.find_many(stored)
    may = editing_refusal(visitor.principal, visitor.frame.now) is None
    return tuple(
        FoundEntry(
            title=either(known[one].title, one),
            href=f"/datasets/{one}",
            source=source_title(origin.source) if (origin := known[one].origin) else Text("", ""),
            edit=f"{PATH}/entries/{one}" if may else None,
        )
        for one in stored
        if one in known and known[one].origin is not None
    )


@router.get(PATH)
def page(
    request: Request, visitor: InOffice, q: Annotated[str, Query(max_length=200)] = ""
) -> HTMLResponse:
    return render(request, "official/harvest.html", fill(visitor, q.strip()))
