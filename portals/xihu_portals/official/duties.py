"""期限与日历: every period that a law sets, how it was kept this year, and the days that count."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.registry.people import organisation_name
from xihu_catalog.registry.statutes import duties
from xihu_catalog.sharing.metrics import (
    DepartmentMetrics,
    authority_metrics,
    department_metrics,
)
from xihu_platform.clock import SHANGHAI, civil_date
from xihu_platform.database import transaction
from xihu_platform.matters.record import Kept, kept_duties
from xihu_platform.statute.duty import Duty
from xihu_platform.statute.published import list_published
from xihu_platform.statute.words import INCOMPLETE, UNITS, article_named
from xihu_platform.words import Text
from xihu_portals.official.kind import kind_links
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link, State, Table, TableColumn, Value
from xihu_portals.web.render import render

PATH = "/official/duties"
router = APIRouter()


@dataclass(frozen=True, slots=True)
class DutiesPage:
    """By when does who have to act, and was it kept?"""

    frame: PageFrame
    year: int
    record: Table | State
    """How the visitor's own organisation answered requests for its data."""
    departments: tuple[Table, ...]
    """How every department did, for the data authority of theirs."""
    duties: tuple[tuple[Table, Text], ...]
    """One for each law, with where it comes from."""
    kinds: tuple[Link, ...]
    """Each kind of matter: how it goes."""
    calendar: Table


def beginning_of_year(today: date) -> datetime:
    """Since when figures are counted."""
    return datetime.combine(date(today.year, 1, 1), time(), SHANGHAI)


def fill(visitor: Visitor) -> DutiesPage:
    services, today = visitor.services, civil_date(visitor.frame.now)
    since = beginning_of_year(today)
    position = visitor.principal.position
    assert position is not None  # in office
    with transaction(services.node.database) as session:
        kept = kept_duties(session, since, today)
        own = department_metrics(session, since, today, organisation=position.organisation)
        every = []
        if "authority" in position.duties:
            every = authority_metrics(session, since, today, authority=position.organisation)
    laws = dict.fromkeys(one.rule_set for one in duties().values())
    return DutiesPage(
        frame=visitor.frame,
        year=today.year,
        record=_record(own),
        departments=_departments(every),
        duties=tuple((_of_law(law, kept), _source(law)) for law in laws),
        kinds=kind_links(),
        calendar=_calendar(visitor),
    )


_COUNT = (TableColumn(Text("项目", "What")), TableColumn(Text("数值", "Figure"), numeric=True))
ANSWERS = 9
"""So many of the figures are about answers."""


def _figures(one: DepartmentMetrics) -> tuple[tuple[Text, Value], ...]:
    """What each is called, the same for one department and for all."""
    return (
        (Text("起算", "periods begun"), one.begun),
        (Text("已答复", "answered"), one.answered),
        (Text("按时率（%）", "on time, %"), one.on_time_rate),
        (Text("逾期", "late"), one.late),
        (Text("视为办理", "deemed by law"), one.deemed),
        (Text("重新起算", "begun again"), one.reopened),
        (Text("答复天数（中位数）", "median days to an answer"), one.median_days),
        (Text("延期率（%）", "extended, %"), one.extension_rate),
        (Text("不同意", "refused"), one.refused),
        (Text("更正数据", "corrections made"), one.corrections),
        (Text("授权", "grants"), one.grants),
        (Text("从未使用的授权", "grants never read under"), one.unread),
        (Text("授权后读取", "reads under grants"), one.reads),
        (Text("业务事由", "grounds"), one.grounds),
        (Text("其中手工", "made by hand"), one.by_hand),
        (Text("一分钟内办结", "answered within a minute"), one.within_minute),
        (Text("末日求延", "more time asked for on the last day"), one.on_last_day),
    )


def _record(own: DepartmentMetrics) -> Table | State:
    if own == DepartmentMetrics(own.organisation):
        return State("empty", Text("今年还没有收到共享申请", "No request for its data this year"))
    named = "、".join(f"{article} {number}" for article, number in own.refusals)
    rows: tuple[tuple[Value, ...], ...] = (
        *_figures(own),
        (Text("不同意的依据", "articles of the refusals"), named or None),
    )
    return Table(Text("本单位作为提供部门", "Your organisation as a provider"), _COUNT, rows)


def _departments(found: list[DepartmentMetrics]) -> tuple[Table, ...]:
    """Their answers, then what came of them and the signs to look at."""
    parts = (
        (Text("各部门的答复", "Answers of the departments"), slice(0, ANSWERS)),
        (Text("各部门数据的使用和线索", "Use of their data, and signs"), slice(ANSWERS, None)),
    )
    return tuple(
        Table(
            title,
            (
                TableColumn(Text("部门", "Department")),
                *(TableColumn(name, numeric=True) for name, _ in _figures(found[0])[part]),
            ),
            tuple(
                (organisation_name(one.organisation), *(value for _, value in _figures(one)[part]))
                for one in found
            ),
        )
        for title, part in parts
        if found
    )


def _of_law(law: str, kept: dict[str, Kept]) -> Table:
    found = [one for one in duties().values() if one.rule_set == law]
    title = found[0].law or Text(law, law)
    columns = (
        TableColumn(Text("事项", "Duty")),
        TableColumn(Text("条款", "Article")),
        TableColumn(Text("期限", "Period")),
        TableColumn(Text("说明", "Notes")),
        TableColumn(Text("今年起算", "Begun this year"), numeric=True),
        TableColumn(Text("按时", "In time"), numeric=True),
        TableColumn(Text("逾期", "Late"), numeric=True),
    )
    return Table(title, columns, tuple(_row(one, kept) for one in found))


def _source(law: str) -> Text:
    return next(one.source for one in duties().values() if one.rule_set == law)


def _row(one: Duty, kept: dict[str, Kept]) -> tuple[Value, ...]:
    counted = kept.get(f"{one.rule_set}/{one.id}")
    numbers = (counted.started, counted.in_time, counted.late) if counted else (None, None, None)
    notes = list(_notes(one))
    said = Text("；".join(n.zh for n in notes), "; ".join(n.en for n in notes)) if notes else None
    return (one.name, article_named(one), _period(one), said, *numbers)


def _period(one: Duty) -> Text:
    unit = UNITS[one.unit]
    zh, en = f"{one.value} {unit.zh}", f"{one.value} {unit.en}"
    if one.extension:
        zh, en = f"{zh}，可延长 {one.extension}", f"{en}, extension {one.extension}"
    return Text(zh, en)


def _notes(one: Duty) -> Iterator[Text]:
    if one.on_incomplete != "run":
        yield INCOMPLETE[one.on_incomplete]
    for pause in one.pauses:
        yield Text(f"{pause.name.zh}不计入", f"{pause.name.en} not counted")
    if one.deemed:
        yield Text("逾期视为受理", "silence means accepted")
    if one.interpretive:
        yield Text("条文未写明", "the text is silent")
    if not one.verified and not one.target:
        yield Text("条文待核实", "text not verified")


def _calendar(visitor: Visitor) -> Table:
    columns = (
        TableColumn(Text("年度", "Year")),
        TableColumn(Text("版本", "Version"), numeric=True),
        TableColumn(Text("来源", "Source")),
        TableColumn(Text("生效", "In force since")),
    )
    rows = tuple(
        (str(one.arrangement.year), one.version, one.arrangement.source, one.since)
        for one in reversed(list_published(visitor.services.node.database))
    )
    return Table(Text("已公布的放假安排", "Published calendars"), columns, rows)


@router.get(PATH)
def page(request: Request, visitor: InOffice) -> HTMLResponse:
    return render(request, "official/duties.html", fill(visitor))
