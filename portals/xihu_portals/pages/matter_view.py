"""A matter as a page shows it: where it is, who has to act and since when, each day of its clocks,
what happened, and what was written."""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from xihu_catalog.registry.people import organisation_name
from xihu_catalog.services.items import service_items
from xihu_catalog.services.mandate import acted_for
from xihu_catalog.services.start import all_duties
from xihu_catalog.sharing.grounds import SYSTEM
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.identity.models import PositionRow, SystemRow
from xihu_platform.identity.principal import Principal
from xihu_platform.matters import engine
from xihu_platform.matters.clocks import MatterClock
from xihu_platform.matters.definition import Definition
from xihu_platform.matters.inbox import MatterLine
from xihu_platform.matters.views import MatterEvent, MatterView
from xihu_platform.matters.who import MatterParty
from xihu_platform.matters.words import OF_THE_PLATFORM, event_title
from xihu_platform.statute.due import DueDate
from xihu_platform.statute.words import article_named, day_words
from xihu_platform.words import Text
from xihu_portals.pages.case_answers import answers_in_words, written_in_words
from xihu_portals.pages.grounds import item_named
from xihu_portals.pages.matter_form import NEEDED
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web import formats
from xihu_portals.web.happened import happened
from xihu_portals.web.parts import Link, Words

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
TIME = Text("期限届满，依法自动发生", "By law, when the period ended")
PLATFORM = Text("平台自动办理", "The platform, by itself")
TOLD = Text("平台", "The platform")
"""Who reminds, and notes what has become of a matter's rules and dates."""
PERSON = Text("申请人", "The applicant")
_PARTY_KINDS = {"person": PERSON, "firm": Text("申请企业", "The applying firm")}


@dataclass(frozen=True, slots=True)
class ShownValue:
    """One thing that was said, by its name in words."""

    label: Text
    value: Words | Link | tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """One line of the line of time."""

    title: Text
    at: datetime
    who: Words
    article: Words | None
    said: tuple[ShownValue, ...]
    recorded_at: datetime | None = None
    """Where it was entered on a later day than it took effect."""


@dataclass(frozen=True, slots=True)
class ShownDay:
    day: date
    words: Text
    counted: bool


@dataclass(frozen=True, slots=True)
class ShownClock:
    """One period: until when, by which article, with each of its days."""

    id: str
    name: Text
    article: Text
    day: date | None
    firm: bool
    running: bool
    paused: bool
    overdue: bool
    extended: int
    stopped: date | None
    lapsed: bool
    """Whether it ran out, and a law said what follows."""
    verified: bool
    target: bool
    """Whether no law sets it."""
    days: tuple[ShownDay, ...]
    source: Text | None = None
    """Of what no law sets, who has set it."""


def parties_named(parties: Iterable[MatterParty]) -> Text:
    names = [
        organisation_name(one.key) if one.kind == "organisation" else _PARTY_KINDS[one.kind]
        for one in parties
    ]
    return Text("、".join(one.zh for one in names), ", ".join(one.en for one in names))


def about(visitor: Visitor, dataset: str | None) -> Link | None:
    """The dataset that a matter is about, where there is such a one now."""
    if dataset is None:
        return None
    contract = visitor.services.catalogue.contracts.find(dataset)
    title: Words = contract.title if contract is not None else dataset
    portal = "" if visitor.frame.portal == "citizen" else "/official"
    return Link(title, f"{portal}/datasets/{dataset}")


def state_words(definition: Definition, state: str) -> Text:
    found = definition.states.get(state)
    return found.title if found is not None else Text(state, state)


def is_own(principal: Principal, owner: Iterable[MatterParty]) -> bool:
    """Whether a citizen has to act: as themselves, or for whom they act for."""
    mandate = principal.mandate
    own = mandate.key if mandate is not None else principal.subject
    return any(one.kind != "organisation" and one.key == own for one in owner)


def turn_words(owner: Iterable[MatterParty], *, mine: bool) -> Text:
    """Whose turn it is, as a citizen is told it."""
    if mine:
        return Text("等您办理", "It waits for you")
    named = parties_named(owner)
    return Text(f"现由{named.zh}办理", f"It is with {named.en}")


def due_words(line: MatterLine, today: date) -> Text | None:
    """The day by which somebody has to act, and whether it has passed."""
    if line.due_on is None:
        return None
    zh, en = formats.day(line.due_on, "zh"), formats.day(line.due_on, "en")
    if line.overdue(today):
        days = (today - line.due_on).days
        return Text(
            f"已逾期 {days} 天（最迟应于 {zh}）",
            f"{days} day{'' if days == 1 else 's'} overdue (was due {en})",
        )
    if not line.firm:
        return Text(f"最迟 {zh}（暂定）", f"due {en} (provisional)")
    return Text(f"最迟 {zh}", f"due {en}")


def clocks(
    view: MatterView, dates: Mapping[tuple[str, int], DueDate], today: date
) -> tuple[ShownClock, ...]:
    duties, found = all_duties(), []
    for clock in view.clocks:
        duty, due = duties.get(clock.duty), dates.get((clock.duty, clock.start_seq))
        if duty is not None and due is not None:
            ended = clock.stop_seq and view.events[clock.stop_seq - 1].sub == engine.TIME.sub
            found.append(_clock(clock, due, today, lapsed=bool(ended)))
    return tuple(found)


def _clock(clock: MatterClock, due: DueDate, today: date, *, lapsed: bool) -> ShownClock:
    duty = all_duties()[clock.duty]
    return ShownClock(
        id=f"due-{clock.duty.replace('/', '-')}-{clock.start_seq}",
        name=duty.name,
        article=article_named(duty),
        day=due.day,
        firm=due.firm,
        running=clock.running,
        paused=clock.paused,
        overdue=clock.overdue(due.day, today),
        extended=clock.extended,
        stopped=clock.stopped,
        lapsed=lapsed,
        verified=duty.verified,
        target=duty.target,
        days=tuple(
            ShownDay(step.day, day_words(step, duty), step.why == "counted") for step in due.steps
        ),
        source=duty.source if duty.target else None,
    )


def line_of_time(
    visitor: Visitor, view: MatterView, texts: Mapping[tuple[int, str], str]
) -> tuple[ShownEvent, ...]:
    """Every event in its order."""
    ids = {one for e in view.events for one in (e.position, e.stands_in_for) if one}
    with transaction(visitor.services.node.database) as session:
        rows = session.scalars(select(PositionRow).where(PositionRow.id.in_(ids))).all()
        titles = {row.id: Text(row.title_zh, row.title_en) for row in rows}
        acting = _acting(session, visitor, view)
    return tuple(_event(visitor, view, event, titles, acting, texts) for event in view.events)


def _acting(session: Session, visitor: Visitor, view: MatterView) -> dict[int, Text]:
    """By its number, each step that one person did for another, or for a firm: their names, for
    whoever's side it is and for nobody else."""
    own = {one.key for one in view.parties if is_own(visitor.principal, [one])}
    found = {}
    for event in view.events:
        one = acted_for(session, view, event) if event.stands_in_for in own else None
        if one is not None and visitor.principal.kind == "citizen":
            found[event.seq] = Text(f"{one.by} 代 {one.whom}", f"{one.by} for {one.whom}")
    return found


def _event(
    visitor: Visitor,
    view: MatterView,
    event: MatterEvent,
    titles: Mapping[str, Text],
    acting: Mapping[int, Text],
    texts: Mapping[tuple[int, str], str],
) -> ShownEvent:
    later = civil_date(event.recorded_at) > civil_date(event.at)
    written = {name: text for (seq, name), text in texts.items() if seq == event.seq}
    platform = event.name in OF_THE_PLATFORM
    said = _of_platform(event) if platform else said_of(visitor, view, event.data, written)
    return ShownEvent(
        title=_happened(view, event),
        at=event.at,
        who=_who(event, titles, acting),
        article=_article(view, event),
        said=said,
        recorded_at=event.recorded_at if later and event.name not in engine.OF_TIME else None,
    )


def _happened(view: MatterView, event: MatterEvent) -> Text:
    """In past words; what the platform notes is worded so already."""
    title = event_title(view, event)
    is_act = event.seq == 1 or event.name in view.definition.events
    return happened(title) if is_act else title


def _article(view: MatterView, event: MatterEvent) -> Words | None:
    """As an office wrote it; of what time has done, that of the law by its name."""
    rule = view.definition.events.get(event.name)
    duty = all_duties().get(rule.lapse or "") if rule is not None else None
    if event.sub != engine.TIME.sub or duty is None or event.article is None:
        return event.article
    return article_named(replace(duty, article=event.article))


def _of_platform(event: MatterEvent) -> tuple[ShownValue, ...]:
    duty = all_duties().get(str(event.data.get("duty")))
    return (ShownValue(Text("期限", "Period"), duty.name),) if duty is not None else ()


def _who(event: MatterEvent, titles: Mapping[str, Text], acting: Mapping[int, Text]) -> Words:
    if event.name in OF_THE_PLATFORM and event.organisation is None:
        return TOLD
    if event.sub == engine.TIME.sub:
        return TIME
    if event.organisation is None:
        if event.seq in acting:
            return acting[event.seq]
        return PLATFORM if event.sub.startswith(SYSTEM) else PERSON
    organisation = organisation_name(event.organisation)
    position = event.stands_in_for or event.position or ""
    title = titles.get(position, Text("", ""))
    zh, en = f"{organisation.zh} · {title.zh}", f"{organisation.en} · {title.en}"
    if (event.position or "").startswith(SYSTEM):
        zh, en = f"{zh}（由部门系统报送）", f"{en} (reported by the department's system)"
    elif event.stands_in_for:
        zh, en = f"{zh}（代理）", f"{en} (by a substitute)"
    return Text(zh.removesuffix(" · "), en.removesuffix(" · "))


def said_of(
    visitor: Visitor,
    view: MatterView,
    data: Mapping[str, object],
    written: Mapping[str, str],
) -> tuple[ShownValue, ...]:
    """Values and texts in words, in the order of the kind's own list."""
    definition = view.definition
    order = [*definition.values, "reason", "evidence"]
    names = sorted({*data, *written}, key=lambda n: (order.index(n) if n in order else 99, n))
    return tuple(
        ShownValue(_label(definition, name), _written(visitor, definition, name, written[name]))
        if name in written
        else ShownValue(_label(definition, name), _value(visitor, view, name, data[name]))
        for name in names
    )


def _written(
    visitor: Visitor, definition: Definition, name: str, text: str
) -> Words | tuple[Words, ...]:
    """As it was written; an applicant's situation with its questions, and what they filled in with
    a code by its name."""
    if name == "answers":
        return answers_in_words(definition, text) or text
    return written_in_words(visitor, definition, name, text) or text


def _label(definition: Definition, name: str) -> Text:
    for need, (_, label, _) in NEEDED.items():
        if need == name:
            return label
    return definition.title_of(name)


def _value(
    visitor: Visitor, view: MatterView, name: str, value: object
) -> Words | Link | tuple[Words, ...]:
    if name in {"opened", "met_by"}:
        return about(visitor, str(value)) or str(value)
    if isinstance(value, list):
        return tuple(_code(visitor, view, name, str(one)) for one in value)
    if _DAY.fullmatch(str(value)):
        with suppress(ValueError):  # a code that looks like a day
            day = date.fromisoformat(str(value))
            return Text(formats.day(day, "zh"), formats.day(day, "en"))
    return _code(visitor, view, name, str(value))


def _code(visitor: Visitor, view: MatterView, name: str, code: str) -> Words:
    """A code in words: of a choice, or a field of the dataset that the matter is about."""
    words = view.definition.values.get(name)
    if words is not None and code in words.choices:
        return words.choices[code]
    if name in _NAMED:
        return _NAMED[name](code)
    if name == "datasets":
        return _dataset_title(visitor, code)
    if name == "reader":
        return position_named(visitor, code)
    contract = visitor.services.catalogue.contracts.find(view.about or "")
    asked = name in {"fields", "field"}
    field = contract.field(code) if contract is not None and asked else None
    return (
        Text(f"{field.title.zh}（{field.grade}）", f"{field.title.en} ({field.grade})")
        if (field is not None)
        else code
    )


def _service_named(service: str) -> Words:
    known = service_items().get(service)
    return known.name.text() if known is not None else service


_NAMED: dict[str, Callable[[str], Words]] = {
    "item": item_named,
    "services": _service_named,
    **dict.fromkeys(("respondent", "department", "unit"), organisation_name),
}
"""By the name of a value, what its codes are called."""


def _dataset_title(visitor: Visitor, dataset: str) -> Words:
    contract = visitor.services.catalogue.contracts.find(dataset)
    return contract.title if contract is not None else dataset


def position_named(visitor: Visitor, position: str) -> Words:
    """The title of a position, or the name of a system."""
    with transaction(visitor.services.node.database) as session:
        if position.startswith(SYSTEM):
            system = session.get(SystemRow, position.removeprefix(SYSTEM))
            return Text(system.name_zh, system.name_en) if system else position
        row = session.get(PositionRow, position)
        return Text(row.title_zh, row.title_en) if row else position


def newest_texts(texts: Mapping[tuple[int, str], str]) -> dict[str, str]:
    """What was written last under each name."""
    return {name: texts[seq, name] for seq, name in sorted(texts)}


def owners(view: MatterView) -> list[MatterParty]:
    """Who has to act now; nobody once it is closed."""
    owner = view.definition.states[view.state].owner
    return [one for one in view.parties if one.role == owner]


def since(view: MatterView) -> datetime:
    """When the matter came into the hands that it is in."""
    steps = [one for one in view.events if one.name not in engine.OF_TIME]
    at = steps[-1].at
    for one in reversed(steps):
        if one.state != view.state:
            break
        at = one.at
    return at
