"""Which pages were of no use to their readers."""

from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.quality.feedback import ANSWERS, PageUsefulness, usefulness
from xihu_platform.clock import civil_date
from xihu_platform.words import Text
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link, State, Table, TableColumn
from xihu_portals.web.render import render

DAYS = 90
SHOWN = 100
NAMES = {
    "useful": Text("有用", "Useful"),
    "missing": Text("没找到", "Not found"),
    "unclear": Text("看不懂", "Unclear"),
    "wrong": Text("数字不对", "A number is wrong"),
    "slow": Text("太慢", "Slow"),
}
router = APIRouter()


@dataclass(frozen=True, slots=True)
class FeedbackPage:
    """Which pages were of no use, and why?"""

    frame: PageFrame
    pages: Table | State


def fill(visitor: Visitor) -> FeedbackPage:
    """Of the last `DAYS` days, those first that most readers had no use of."""
    today = civil_date(visitor.frame.now)
    found = usefulness(visitor.services.node.database, today - timedelta(days=DAYS))
    if not found:
        nothing = Text("还没有人对页面提过意见", "Nobody has answered yet")
        return FeedbackPage(visitor.frame, State("empty", nothing))
    return FeedbackPage(visitor.frame, _table(found[:SHOWN]))


def _table(found: list[PageUsefulness]) -> Table:
    return Table(
        caption=Text(f"近 {DAYS} 天的意见", f"Answers of the last {DAYS} days"),
        columns=(
            TableColumn(Text("页面", "Page")),
            *(TableColumn(NAMES[one], numeric=True) for one in ANSWERS),
        ),
        rows=tuple(
            (
                Link(Text(one.page, one.page), one.page),
                *(one.answers.get(answer, 0) for answer in ANSWERS),
            )
            for one in found
        ),
    )


@router.get("/official/feedback")
def page(request: Request, visitor: InOffice) -> HTMLResponse:
    return render(request, "official/feedback.html", fill(visitor))
