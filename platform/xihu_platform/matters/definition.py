"""What kinds of matters are: states, events, who may act, and what moves which clock.

A definition is data of the registry. It is checked before any matter uses it: a matter must
never come into a state without a way out, without an owner, or with a clock that nobody stops.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from xihu_platform.identity.principal import Duty as PositionDuty
from xihu_platform.words import Text

Verb = Literal["start", "stop", "pause", "resume", "restart", "extend"]
Need = Literal["reason", "article", "evidence"]
Outcome = Literal["done", "refused", "withdrawn", "lapsed"]
Taken = Literal["code", "codes", "date", "number", "text", "unsaid"]
"""What an event takes: an id or the name of a field, several of them, a day, a whole number, or a
text, which is sealed. Only a text may hold words. `unsaid`: numbers of persons and firms, which go
to the effects of the event alone and are written down nowhere in the matter."""
PartyKind = Literal["organisation", "person", "firm"]
OPEN = "open"
"""The event that every matter begins with."""
EXTENSION = "extension"
"""The value of an event that extends a clock: by how many units."""
DECIDED_BY = "decided-by"
"""Where the data of an event that a system reported has the person whose decision it was; the
hyphen keeps it apart from every value of a kind."""
RESERVED = frozenset({OPEN, "warned", "redated", "migrated", "reverted", "erased"})
"""Events that no kind may call its own."""


@dataclass(frozen=True, slots=True)
class ClockAct:
    """What an event does to the clock of a duty, which is named by rule set and id."""

    verb: Verb
    duty: str
    reason: str | None = None
    """Of a pause: one of the duty's own reasons, where it has such."""


@dataclass(frozen=True, slots=True)
class WhoMay:
    """Who may: a party of the matter, by what its position is for; `clock` is time itself.

    `apart_from`: events whose actor may be neither the same person nor the same position.
    """

    party: str
    duties: frozenset[PositionDuty] = frozenset()
    apart_from: tuple[str, ...] = ()
    machines: bool = False
    """Whether a department's system may, in its own name."""


@dataclass(frozen=True, slots=True)
class MatterState:
    """One state of a matter; `owner` is the party that has to act, None at the end."""

    name: str
    title: Text
    owner: str | None
    outcome: Outcome | None = None
    """Of a final state."""
    private: bool = False
    """Of a draft: nobody but its owner knows of the matter before it has left such states."""
    waits: bool = True
    """Whether somebody has to act; where all is as it should be, nothing is in their inbox."""

    @property
    def final(self) -> bool:
        return self.outcome is not None

    @property
    def rests(self) -> bool:
        """Whether there is a result and no step is due, although steps are possible."""
        return not self.final and not self.waits


@dataclass(frozen=True, slots=True)
class EventRule:
    """One event: from which states, to which (None: it stays), by whom, and what goes with it."""

    name: str
    title: Text
    sources: tuple[str, ...]
    target: str | None
    actor: WhoMay
    needs: frozenset[Need] = frozenset()
    guards: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    clocks: tuple[ClockAct, ...] = ()
    once: bool = False
    statute: str | None = None
    """Of an event that a law deems to have happened: its article."""
    lapse: str | None = None
    """The duty whose period has passed, of an event that time brings about."""
    after: str | None = None
    """The date of the matter that has passed, by its name, of an event that time brings about."""
    from_start: bool = False
    """Whether what is deemed took effect on the day the period began; else on its last day."""
    takes: Mapping[str, Taken] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    """Of what it takes: what may be left out."""
    when: str | None = None
    """The condition of the matter under which there is such an event at all."""
    calls: bool = False
    """Whether it waits in the inbox of whoever may do it, beside the owner of the state."""
    inside: bool = False
    """Of an opinion among colleagues: what is written is read by the actor's own side alone."""
    joins: Mapping[str, str] = field(default_factory=dict)
    """Parties that come in with it, by role: the value that names the organisation. Whoever was in
    that role before takes part no longer."""
    backdate_days: int = 0
    """So many days before it is entered it may have happened; 0: it happens when it is entered."""

    def lands(self, state: str) -> str:
        return self.target or state

    @property
    def form(self) -> tuple[object, ...]:
        """What whoever does it sees of it beforehand."""
        said = (self.needs, self.takes, self.optional, self.once, self.calls, self.inside)
        return (self.title, self.sources, self.actor, *said)


@dataclass(frozen=True, slots=True)
class FormValue:
    """How a form asks for a value: its label, what helps to fill it in, and what there is to choose
    from, by code."""

    title: Text
    hint: Text | None = None
    choices: Mapping[str, Text] = field(default_factory=dict)
    most: int | None = None
    """Of a number; of a text, how many characters it may have."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of one kind."""

    kind: str
    version: int
    title: Text
    law: Text
    initial: str
    parties: Mapping[str, Text]
    opening: EventRule
    """Its `open`: who may, what it takes, which clock it starts."""
    states: Mapping[str, MatterState]
    events: Mapping[str, EventRule]
    escalations: Mapping[str, WhoMay] = field(default_factory=dict)
    """By duty: who is told when its day has passed; the matter stays with its owner."""
    prefix: str = "M"
    """What its number begins with."""
    values: Mapping[str, FormValue] = field(default_factory=dict)
    """By name: every value that an event takes."""
    files: bool = True
    """Whether files can be attached."""

    @property
    def late(self) -> frozenset[str]:
        """The parties that are not there from the beginning: an event brings them in."""
        return frozenset(role for event in self.events.values() for role in event.joins)

    def number(self, matter: int) -> str:
        """How people name a matter: SR-000042."""
        return f"{self.prefix}-{matter:06d}"

    def title_of(self, value: str) -> Text:
        """What people call a value; its name in versions that had no words for it."""
        found = self.values.get(value)
        return found.title if found is not None else Text(value, value)

    def leaving(self, state: str) -> Iterator[EventRule]:
        """The events that the state knows."""
        return (event for event in self.events.values() if state in event.sources)

    def one_act(self, rule: EventRule) -> list[EventRule]:
        """The events that are the same act to whoever does it, `rule` among them: which of them
        happens is said by a condition that nobody is told beforehand."""
        if rule.when is None:
            return [rule]
        return [one for one in self.events.values() if one.when and one.form == rule.form]

    def spoken(self, rule: EventRule) -> EventRule:
        """By which an act is offered and asked for: the first event that is the same act."""
        return self.one_act(rule)[0]


@dataclass(frozen=True, slots=True)
class Known:
    """What a definition may name."""

    duties: Mapping[str, Collection[str]]
    """By `rule_set/id`: the reasons for which its clock pauses."""
    guards: Collection[str]
    effects: Collection[str]
    extensible: Collection[str] = ()
    conditions: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class DefinitionFault:
    """What is wrong with a definition, and where: the name of a state or event."""

    place: str
    text: Text


def faults(definition: Definition, known: Known) -> list[DefinitionFault]:
    """Everything that keeps a definition from being used; none in one that may be."""
    found = [
        *(*_names(definition, known), *_reserved(definition)),
        *(*_states(definition), *_events(definition), *_joins(definition)),
    ]
    return found or list(_clocks(definition))


def _names(definition: Definition, known: Known) -> Iterator[DefinitionFault]:
    if definition.initial not in definition.states:
        yield _unknown(definition.kind, "state", definition.initial)
    for state in definition.states.values():
        if state.owner is not None and state.owner not in definition.parties:
            yield _unknown(state.name, "party", state.owner)
    for duty, told in definition.escalations.items():
        if duty not in known.duties:
            yield _unknown(definition.kind, "duty", duty)
        if told.party not in definition.parties:
            yield _unknown(definition.kind, "party", told.party)
    for event in (definition.opening, *definition.events.values()):
        targets = [event.target] if event.target else []
        named: tuple[tuple[str, Iterable[str], Collection[str]], ...] = (
            ("state", (*event.sources, *targets), definition.states),
            ("party", [event.actor.party], (*definition.parties, "clock")),
            ("event", event.actor.apart_from, {OPEN, *definition.events}),
            ("guard", event.guards, known.guards),
            ("effect", event.effects, known.effects),
            ("condition", [event.when] if event.when else [], known.conditions),
        )
        for what, names, those in named:
            yield from (_unknown(event.name, what, name) for name in names if name not in those)
        yield from (
            DefinitionFault(event.name, Text(f"{name} 没有名称", f"{name} has no words in values"))
            for name in sorted(event.takes.keys() - definition.values.keys())
        )
        left_out = event.optional - event.takes.keys()
        yield from (_unknown(event.name, "value that it takes", name) for name in sorted(left_out))
        yield from _clock_names(event, known)


def _clock_names(event: EventRule, known: Known) -> Iterator[DefinitionFault]:
    for act in event.clocks:
        if act.duty not in known.duties:
            yield _unknown(event.name, "duty", act.duty)
        elif act.verb == "extend" and act.duty not in known.extensible:
            yield DefinitionFault(
                event.name,
                Text(f"{act.duty} 不能延长", f"the law gives no extension of {act.duty}"),
            )
        elif act.reason is not None and act.reason not in known.duties[act.duty]:
            yield _unknown(event.name, "reason for a pause", act.reason)


def _reserved(definition: Definition) -> Iterator[DefinitionFault]:
    for name in sorted(RESERVED & definition.events.keys()):
        yield DefinitionFault(name, Text("事件名被占用", "is a name that the platform uses"))
    if "clock" in definition.parties:
        yield DefinitionFault("clock", Text("clock 指时间", "clock is time, no party"))
    for event in (definition.opening, *definition.events.values()):
        for name in sorted({"reason", "article", "evidence"} & event.takes.keys()):
            yield DefinitionFault(
                event.name, Text(f"{name} 用 needs 写", f"{name} belongs to its needs")
            )
        extends = any(act.verb == "extend" for act in event.clocks)
        if extends and event.takes.get(EXTENSION) != "number":
            yield DefinitionFault(
                event.name,
                Text(f"须收数 {EXTENSION}", f"must take the number {EXTENSION}"),
            )


def _states(definition: Definition) -> Iterator[DefinitionFault]:
    reached = _reached(definition)
    for state in definition.states.values():
        leaving = list(definition.leaving(state.name))
        if state.final and leaving:
            yield DefinitionFault(
                state.name, Text("终态之后还有事件", "is final, and events leave it")
            )
        if not state.final and not any(e.lands(state.name) != state.name for e in leaving):
            yield DefinitionFault(state.name, Text("没有出口", "has no way out"))
        if (state.owner is None) != state.final:
            yield DefinitionFault(
                state.name,
                Text(
                    "未办结的状态须有责任方，终态没有", "an open state has an owner, a final none"
                ),
            )
        if state.name not in reached:
            yield DefinitionFault(state.name, Text("无法到达", "is never reached"))
    if not any(state.final for state in definition.states.values()):
        yield DefinitionFault(definition.kind, Text("没有终态", "has no final state"))


def _reached(definition: Definition) -> set[str]:
    seen, ahead = set[str](), [definition.initial]
    while ahead:
        state = ahead.pop()
        if state in seen:
            continue
        seen.add(state)
        ahead += [event.lands(state) for event in definition.leaving(state)]
    return seen


def _events(definition: Definition) -> Iterator[DefinitionFault]:
    for event in definition.events.values():
        if not event.sources:
            yield DefinitionFault(event.name, Text("没有起始状态", "leaves no state"))
        target = definition.states.get(event.target or "")
        refuses = target is not None and target.outcome == "refused"
        if refuses and not {"reason", "article"} <= event.needs:
            yield DefinitionFault(
                event.name,
                Text("不予同意须写明理由和法条", "a refusal needs a reason and an article"),
            )
        timed = event.actor.party == "clock"
        passed = (event.lapse is not None) + (event.after is not None)
        if timed != (event.statute is not None) or passed != timed:
            yield DefinitionFault(
                event.name,
                Text(
                    "期限届满引起的事件须有法条，并有期限或日期之一，其他事件没有",
                    "what time brings about has a statute and a duty or a date, and nothing else",
                ),
            )
        if event.after is not None:
            yield from _dates(definition, event)
        if timed and (event.needs or event.takes or event.guards):
            yield DefinitionFault(
                event.name,
                Text("期限届满不需要任何人填写", "asks for something that time does not say"),
            )
        starts = {act.duty for act in event.clocks if act.verb in {"start", "restart"}}
        if event.from_start and event.lapse in starts:
            yield DefinitionFault(
                event.name,
                Text("同一期限会无止境地重新起算", "begins the period that has passed again"),
            )
        stops = {act.duty for act in event.clocks if act.verb == "stop"}
        if event.lapse is not None and event.lapse not in stops:
            yield DefinitionFault(
                event.name,
                Text(
                    f"须停止已届满的时钟 {event.lapse}",
                    f"must stop the clock that has run out, {event.lapse}",
                ),
            )
    if definition.opening.actor.party == "clock":
        yield DefinitionFault(OPEN, Text("须由当事方发起", "is for a party, not for time"))


def _dates(definition: Definition, event: EventRule) -> Iterator[DefinitionFault]:
    """Every matter has the date, and what it brings about happens once."""
    name, opening = event.after or "", definition.opening
    if opening.takes.get(name) != "date" or name in opening.optional:
        zh, en = f"发起时须填日期 {name}", f"needs the date {name} from the opening"
        yield DefinitionFault(event.name, Text(zh, en))
    if event.target is None or event.target in event.sources:
        zh, en = "日期已过的事件会无止境地重复", "leads back to a state that it comes from"
        yield DefinitionFault(event.name, Text(zh, en))


def _joins(definition: Definition) -> Iterator[DefinitionFault]:
    """Who comes in later is named by the event that brings them in."""
    late = definition.late
    for role in sorted({definition.opening.actor.party} & late | definition.opening.joins.keys()):
        zh, en = f"{role} 不能由发起引入", f"{role} cannot come in with the opening"
        yield DefinitionFault(OPEN, Text(zh, en))
    for event in definition.events.values():
        for role, value in event.joins.items():
            if role not in definition.parties:
                yield _unknown(event.name, "party", role)
            if event.takes.get(value) != "code" or value in event.optional:
                zh, en = f"须收编号 {value}", f"must take the code {value}"
                yield DefinitionFault(event.name, Text(zh, en))
    for name in sorted(_ownerless(definition)):
        zh, en = "责任方可能尚未引入", "may be reached before its owner takes part"
        yield DefinitionFault(name, Text(zh, en))


def _ownerless(definition: Definition) -> set[str]:
    """The states that a matter can come into before whoever owns them has come in."""
    late, found = definition.late, set[str]()
    seen, ahead = set[tuple[str, frozenset[str]]](), [(definition.initial, frozenset[str]())]
    while ahead:
        place = ahead.pop()
        if place in seen:
            continue
        seen.add(place)
        state, there = place
        absent = late - there
        known = definition.states.get(state)
        found |= {state} if known is not None and known.owner in absent else set()
        ahead += [
            (event.lands(state), there.union(event.joins))
            for event in definition.leaving(state)
            if event.actor.party not in absent
        ]
    return found


Running = frozenset[str]
"""The duties whose clocks run; one that is paused is followed by `!`."""


def places(definition: Definition) -> set[tuple[str, Running]]:
    """Every state that a matter can be in, with the clocks that can run in it."""
    seen = set[tuple[str, Running]]()
    ahead = [(definition.initial, _after(definition.opening, Running())[0])]
    while ahead:
        place = ahead.pop()
        if place not in seen:
            seen.add(place)
            state, running = place
            ahead += [(e.lands(state), _after(e, running)[0]) for e in definition.leaving(state)]
    return seen


def _clocks(definition: Definition) -> Iterator[DefinitionFault]:
    """Walks all states with the clocks that run in them: none runs twice, none outlives the end."""
    _, wrong = _after(definition.opening, Running())
    told = set[tuple[str, str]]()
    for duty in wrong:
        yield DefinitionFault(
            OPEN,
            Text(f"时钟 {duty} 此时不能这样动", f"the clock {duty} cannot be moved so"),
        )
    for state, running in sorted(places(definition), key=lambda one: (one[0], sorted(one[1]))):
        if definition.states[state].final and running:
            yield DefinitionFault(
                state,
                Text(
                    f"时钟未停：{'、'.join(sorted(running))}",
                    f"a clock still runs: {', '.join(sorted(running))}",
                ),
            )
        for event in definition.leaving(state):
            for duty in _after(event, running)[1]:
                if (event.name, duty) not in told:
                    told.add((event.name, duty))
                    yield DefinitionFault(
                        event.name,
                        Text(
                            f"在“{definition.states[state].title.zh}”中时钟 {duty} 不能这样动",
                            f"in the state {state} the clock {duty} cannot be moved so",
                        ),
                    )


def _after(event: EventRule, running: Running) -> tuple[Running, list[str]]:
    """The clocks that run after an event, and those that it cannot move."""
    clocks, wrong = set(running), list[str]()
    for act in event.clocks:
        runs, paused = act.duty, f"{act.duty}!"
        fits = {
            "start": runs not in clocks and paused not in clocks,
            "stop": runs in clocks or paused in clocks,
            "pause": runs in clocks,
            "resume": paused in clocks,
            "restart": runs in clocks or paused in clocks,
            "extend": runs in clocks or paused in clocks,
        }[act.verb]
        if not fits:
            wrong.append(act.duty)
        if act.verb != "extend":
            clocks -= {runs, paused}
            clocks |= {"stop": set[str](), "pause": {paused}}.get(act.verb, {runs})
        # an extension changes the length and nothing else
    return Running(clocks), wrong


def _unknown(place: str, what: str, name: str) -> DefinitionFault:
    words = {
        "state": "状态",
        "party": "当事方",
        "event": "事件",
        "guard": "条件",
        "effect": "效果",
        "condition": "情形",
        "duty": "期限",
        "reason for a pause": "中止事由",
        "value that it takes": "所收的值",
    }
    return DefinitionFault(place, Text(f"没有{words[what]} {name}", f"there is no {what} {name}"))
