"""What an office has asked for, one by one: how each is given, and until when, with the reason."""

from dataclasses import dataclass

from xihu_catalog.services.case import Case, said_last
from xihu_catalog.services.handing_in import FIELD
from xihu_catalog.services.start import all_duties
from xihu_platform.clock import civil_date
from xihu_platform.matters.views import MatterEvent, MatterView
from xihu_platform.statute.due import due
from xihu_platform.statute.published import read_calendar
from xihu_platform.statute.words import article_named
from xihu_platform.words import Text
from xihu_portals.pages import matter_view
from xihu_portals.pages.case_view import CASES, HOW_WORDS, as_seen
from xihu_portals.pages.matter_acts import CITIZEN
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web import formats
from xihu_portals.web.parts import Link

ASKED = {"completing": "missing", "tolerated": "deferred"}
"""The states in which an office waits for something, each with the value that names it."""
_FILL = Text("在表单中填写", "Fill it in on the form")
_UPLOAD = Text("添加照片或者文件", "Add a photograph or file")
_COUNTER = Text("或者带到窗口", "or bring it to the counter")
_NO_LAST_DAY = Text(
    "补正没有统一的最后一天，办理期限从补齐之日起重新计算",
    "There is no common last day; the office's period begins anew on the day on which you supply "
    "what is missing",
)
_ABANDONED = Text(
    "没有正当理由逾期不补正的，视为放弃申请（《政府信息公开条例》第三十条）",
    "an application that is not completed in time without good reason is taken as abandoned "
    "(Open Government Information Regulations, art. 30)",
)


@dataclass(frozen=True, slots=True)
class CaseGap:
    """One thing that is missing."""

    name: Text
    way: Link
    """Where it is filled in, or added."""
    counter: Text | None
    """Of a paper, that it may be brought instead."""
    given: Text | None
    """How it was given since, where it was."""


@dataclass(frozen=True, slots=True)
class CaseGaps:
    """All that is missing, and until when it is given."""

    gaps: tuple[CaseGap, ...]
    until: Link | None
    """The last day, with the way to its explanation."""
    otherwise: tuple[Text, ...]
    """Where no law sets one: what follows instead."""


def case_gaps(visitor: Visitor, view: MatterView, case: Case) -> CaseGaps | None:
    """None where the office waits for nothing of the applicant's."""
    if view.state not in ASKED:
        return None
    named = said_last(view, ASKED[view.state])
    here = f"{CASES}/{view.id}"
    found = [
        CaseGap(one.title.text(), Link(_FILL, f"{here}/form#{FIELD}{one.id}"), None, None)
        for one in case.item.form
        if f"{FIELD}{one.id}" in named
    ]
    found += [
        CaseGap(
            one.name.text(),
            Link(_UPLOAD, f"{here}/papers#{one.id}"),
            _COUNTER,
            _given(view, one.id),
        )
        for one in case.item.materials
        if one.id in named
    ]
    until = _until(visitor, view)
    otherwise = _otherwise(visitor, view, case) if until is None else ()
    return CaseGaps(tuple(found), until, otherwise)


def _given(view: MatterView, paper: str) -> Text | None:
    """How a paper was given since the office asked for it."""
    asked = next(one for one in reversed(view.events) if one.state != _before(view, one))
    before = said_last(as_seen(view, asked.version), "papers")
    if any(one.startswith(f"{paper}:") for one in said_last(view, "papers") - before):
        return HOW_WORDS["uploaded"]
    since = [one for one in view.events if one.seq > asked.seq]
    if any("at_counter" in one.data for one in since) and paper in said_last(view, "at_counter"):
        return HOW_WORDS["at_counter"]
    return None


def _before(view: MatterView, event: MatterEvent) -> str:
    """The state before an event."""
    return next((one.state for one in reversed(view.events) if one.seq < event.seq), "")


def _until(visitor: Visitor, view: MatterView) -> Link | None:
    """The last day of the clock that waits for the papers, where one runs for the applicant."""
    today = civil_date(visitor.frame.now)
    shown = matter_view.clocks(view, visitor.services.matters.due_dates(view), today)
    for clock, one in zip(view.clocks, shown, strict=True):
        if clock.duty.endswith("_papers") and one.running and one.day is not None:
            zh, en = formats.day(one.day, "zh"), formats.day(one.day, "en")
            return Link(Text(f"最迟 {zh}", f"by {en}"), f"{CITIZEN}/{view.id}#{one.id}")
    return None


def _otherwise(visitor: Visitor, view: MatterView, case: Case) -> tuple[Text, ...]:
    today = civil_date(visitor.frame.now)
    calendar = read_calendar(visitor.services.node.database, since=today.year)
    said = [_NO_LAST_DAY]
    rule = view.definition.events.get("supply")
    for act in rule.clocks if rule is not None else ():
        duty = all_duties().get(act.duty)
        if duty is None:
            continue
        last, article = due(duty, today, calendar), article_named(duty)
        zh, en = formats.day(last.day, "zh"), formats.day(last.day, "en")
        said.append(
            Text(
                f"今天补齐的，{duty.name.zh}最迟 {zh}（{article.zh}）",
                f"{duty.name.en}: by {en} if you supply it today ({article.en})",
            )
        )
    return (*said, *([_ABANDONED] if case.item.way == "information" else []))
