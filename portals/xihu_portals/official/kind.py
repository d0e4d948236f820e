"""One kind of matter as the registry defines it: a drawing, and the same in two tables."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.registry.matters import matter_definitions
from xihu_catalog.services.start import all_duties
from xihu_platform.database import transaction
from xihu_platform.identity.principal import DUTY_NAMES
from xihu_platform.matters.definition import ClockAct, Definition, EventRule, WhoMay
from xihu_platform.words import Text
from xihu_portals.pages.statecharts import draw_states, numbered
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link, Table, TableColumn, Value
from xihu_portals.web.render import render
from xihu_portals.web.statechart import StateChart

PATH = "/official/kinds/{kind}"
router = APIRouter()
OUTCOMES = {
    "done": Text("办结", "done"),
    "refused": Text("不同意", "refused"),
    "withdrawn": Text("撤回", "withdrawn"),
    "lapsed": Text("失效", "lapsed"),
}
VERBS = {
    "start": Text("起算", "starts"),
    "stop": Text("停止", "stops"),
    "pause": Text("中止", "pauses"),
    "resume": Text("恢复", "goes on"),
    "restart": Text("重新起算", "starts anew"),
    "extend": Text("延长", "is extended"),
}
TIME = Text("时间", "time")


@dataclass(frozen=True, slots=True)
class KindPage:
    """How does such a matter go, and who does what in it?"""

    frame: PageFrame
    title: Text
    law: Text
    caption: Text
    """Of the drawing."""
    chart: StateChart
    states: Table
    events: Table
    others: tuple[Link, ...]


def fill(visitor: Visitor, kind: str) -> KindPage:
    """Raises NotFound for a kind that there is not."""
    matters = visitor.services.matters
    with transaction(matters.database) as session:
        found = matters.book.newest(session, kind)
    return KindPage(
        frame=visitor.frame,
        title=found.title,
        law=found.law,
        caption=Text(f"{found.title.zh}的状态图", f"{found.title.en}: diagram of its states"),
        chart=draw_states(found),
        states=_states(found),
        events=_events(found),
        others=tuple(one for one in kind_links() if not one.href.endswith(f"/{kind}")),
    )


def kind_links() -> tuple[Link, ...]:
    """Each kind of the registry, in the order of their names."""
    newest = {one.kind: one for one in matter_definitions().values()}
    return tuple(Link(newest[kind].title, f"/official/kinds/{kind}") for kind in sorted(newest))


def _states(kind: Definition) -> Table:
    columns = (
        TableColumn(Text("状态", "State")),
        TableColumn(Text("由谁办理", "Who has to act")),
        TableColumn(Text("结果", "Outcome")),
    )
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (
            one.title,
            kind.parties[one.owner] if one.owner else None,
            OUTCOMES[one.outcome] if one.outcome else None,
        )
        for one in kind.states.values()
    )
    return Table(Text("状态", "States"), columns, rows)


def _events(kind: Definition) -> Table:
    columns = (
        TableColumn(Text("序号", "No."), numeric=True),
        TableColumn(Text("步骤", "Event")),
        TableColumn(Text("从", "From")),
        TableColumn(Text("到", "To")),
        TableColumn(Text("由谁", "By")),
        TableColumn(Text("期限和依据", "Periods and law")),
    )
    rows = tuple((number, *_row(kind, event)) for number, event in numbered(kind))
    return Table(Text("步骤", "Events"), columns, rows)


def _row(kind: Definition, event: EventRule) -> tuple[Value, ...]:
    sources = [kind.states[one].title for one in event.sources]
    target = kind.states[event.target].title if event.target else None
    said = [_clock(one) for one in event.clocks]
    if event.statute:  # the registry names it in Chinese alone
        said.append(Text(event.statute, f"by law ({kind.law.en})"))
    return (
        event.title,
        _joined(sources),
        target or Text("不变", "no change"),
        _who(kind, event.actor),
        _joined(said),
    )


def _joined(words: list[Text]) -> Text | None:
    if not words:
        return None
    return Text("、".join(one.zh for one in words), ", ".join(one.en for one in words))


def _who(kind: Definition, actor: WhoMay) -> Text:
    party = TIME if actor.party == "clock" else kind.parties[actor.party]
    duties = _joined([DUTY_NAMES[one] for one in sorted(actor.duties)])
    if duties is None:
        return party
    return Text(f"{party.zh}（{duties.zh}）", f"{party.en} ({duties.en.lower()})")


def _clock(act: ClockAct) -> Text:
    duty = all_duties().get(act.duty)
    name = duty.name if duty is not None else Text(act.duty, act.duty)
    verb = VERBS[act.verb]
    return Text(f"{name.zh}{verb.zh}", f"{name.en} {verb.en}")


@router.get(PATH)
def page(request: Request, visitor: InOffice, kind: str) -> HTMLResponse:
    return render(request, "official/kind.html", fill(visitor, kind))
