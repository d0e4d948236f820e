"""目录上报: the reports that the superior node has had, and what waits for the next one."""

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from xihu_catalog.reports.models import CatalogueReportRow, ReportKind
from xihu_catalog.reports.report import COMMAND, list_reports
from xihu_platform.database import transaction
from xihu_platform.words import Text
from xihu_portals.api.reports import Since, check_reader, report_answer, report_of
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import State, Table, TableColumn
from xihu_portals.web.render import render

PATH = "/official/catalogue-report"
SHOWN = 20
KINDS: dict[ReportKind, Text] = {
    "full": Text("全量", "full"),
    "incremental": Text("增量", "changes"),
}
BY_COMMAND = Text("运维命令", "the operator's command")
router = APIRouter()


@dataclass(frozen=True, slots=True)
class CatalogueReportPage:
    """What does the superior node know of our catalogue?"""

    frame: PageFrame
    entries: int
    """Published entries."""
    changed: int
    removed: int
    reports: Table | State
    full: str
    since: str | None
    """Where what has changed since the newest report is downloaded; None before the first."""


_EMPTY = State(
    "empty",
    Text("还没有上报过", "No report was made yet"),
    Text("先下载一份全量报告，之后按增量上报。", "Download a full report first, then changes."),
)


def fill(visitor: Visitor) -> CatalogueReportPage:
    """Raises Refused for other positions than the report's readers."""
    services = visitor.services
    check_reader(services, visitor.principal)
    report = report_of(services)
    waiting = report.waiting()
    with transaction(services.node.database) as session:
        rows = list_reports(session, SHOWN)
    asked = urlencode({"since": waiting.marker}) if waiting.marker else None
    return CatalogueReportPage(
        frame=visitor.frame,
        entries=report.count(),
        changed=waiting.changed,
        removed=waiting.removed,
        reports=_table(rows) if rows else _EMPTY,
        full=f"{PATH}/report.jsonl",
        since=f"{PATH}/report.jsonl?{asked}" if asked else None,
    )


def _table(rows: list[CatalogueReportRow]) -> Table:
    return Table(
        caption=Text("最近的目录报告", "The newest reports"),
        columns=(
            TableColumn(Text("时间", "Made")),
            TableColumn(Text("类型", "Kind")),
            TableColumn(Text("条目", "Entries"), numeric=True),
            TableColumn(Text("移除", "Removed"), numeric=True),
            TableColumn(Text("标记", "Marker"), code=True),
            TableColumn(Text("取用方", "Taken by"), code=True),
        ),
        rows=tuple(
            (
                one.made_at,
                KINDS["full" if one.kind == "full" else "incremental"],
                one.entries,
                one.removed,
                one.marker,
                BY_COMMAND if one.receiver == COMMAND else one.receiver,
            )
            for one in rows
        ),
    )


@router.get(PATH)
def page(request: Request, visitor: InOffice) -> HTMLResponse:
    return render(request, "official/catalogue_report.html", fill(visitor))


@router.get(f"{PATH}/report.jsonl")
def download(visitor: InOffice, since: Since = None) -> Response:
    check_reader(visitor.services, visitor.principal)
    return report_answer(visitor.services, visitor.principal, since)
