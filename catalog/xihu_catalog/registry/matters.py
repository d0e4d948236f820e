"""Reads the kinds of matters: one YAML file for each version of each kind."""

from collections.abc import Collection, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import (
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    TypeAdapter,
    model_validator,
)

from xihu_catalog.contracts.errors import Finding
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import (
    BadRegistry,
    BothLanguages,
    ContentPart,
    bad,
    read_content,
    shown_path,
)
from xihu_catalog.registry.statutes import duties
from xihu_platform.identity.principal import Duty as PositionDuty
from xihu_platform.matters.definition import (
    OPEN,
    ClockAct,
    Definition,
    EventRule,
    FormValue,
    Known,
    MatterState,
    Need,
    Outcome,
    Taken,
    Verb,
    WhoMay,
    faults,
)
from xihu_platform.safe_yaml import read_yaml
from xihu_platform.statute.duty import Duty
from xihu_platform.words import Text

MATTERS = "matters"
NAME = r"^[a-z][a-z0-9_]{1,39}$"


class _Who(ContentPart):
    party: str
    duties: list[PositionDuty] = []
    apart_from: list[str] = []
    machines: StrictBool = False

    def who(self) -> WhoMay:
        return WhoMay(self.party, frozenset(self.duties), tuple(self.apart_from), self.machines)


class _ClockAct(ContentPart):
    """`start: CN-809-2025/delivery`; a pause may name its reason."""

    start: str | None = None
    stop: str | None = None
    pause: str | None = None
    resume: str | None = None
    restart: str | None = None
    extend: str | None = None
    reason: str | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "_ClockAct":
        said = (self.start, self.stop, self.pause, self.resume, self.restart, self.extend)
        if sum(one is not None for one in said) != 1:
            raise ValueError("names one of start, stop, pause, resume, restart, extend")
        if self.reason is not None and self.pause is None:
            raise ValueError("a reason belongs to a pause")
        return self

    def acts(self) -> Iterator[ClockAct]:
        said: dict[Verb, str | None] = {
            "start": self.start,
            "stop": self.stop,
            "pause": self.pause,
            "resume": self.resume,
            "restart": self.restart,
            "extend": self.extend,
        }
        for verb, duty in said.items():
            if duty is not None:
                yield ClockAct(verb, duty, self.reason)


class _State(ContentPart):
    title: BothLanguages
    owner: str | None = None
    outcome: Outcome | None = None
    private: StrictBool = False
    waits: StrictBool = True

    def state(self, name: str) -> MatterState:
        return MatterState(
            name, self.title.text(), self.owner, self.outcome, self.private, self.waits
        )


class _Event(ContentPart):
    title: BothLanguages
    sources: list[str] = Field(default=[], alias="from")
    target: str | None = Field(default=None, alias="to")
    who: _Who
    needs: list[Need] = []
    takes: dict[Annotated[str, StringConstraints(pattern=NAME)], Taken] = {}
    optional: list[str] = []
    when: str | None = None
    inside: StrictBool = False
    calls: StrictBool = False
    joins: dict[str, str] = {}
    guards: list[str] = []
    effects: list[str] = []
    clocks: list[_ClockAct] = []
    once: StrictBool = False
    backdate_days: StrictInt = Field(default=0, ge=0, le=60)
    statute: str | None = None
    lapse: str | None = None
    after: str | None = None
    from_start: StrictBool = False

    def rule(self, name: str) -> EventRule:
        return EventRule(
            name=name,
            title=self.title.text(),
            sources=tuple(self.sources),
            target=self.target,
            actor=self.who.who(),
            needs=frozenset(self.needs),
            guards=tuple(self.guards),
            effects=tuple(self.effects),
            clocks=tuple(act for one in self.clocks for act in one.acts()),
            once=self.once,
            statute=self.statute,
            lapse=self.lapse,
            after=self.after,
            from_start=self.from_start,
            takes=self.takes,
            optional=frozenset(self.optional),
            backdate_days=self.backdate_days,
            when=self.when,
            inside=self.inside,
            calls=self.calls,
            joins=self.joins,
        )


class _FormValue(ContentPart):
    """`choices` of a code, by code; a value without them is free within its type."""

    title: BothLanguages
    hint: BothLanguages | None = None
    choices: dict[Annotated[str, StringConstraints(pattern=NAME)], BothLanguages] = {}
    most: StrictInt | None = None

    def value(self) -> FormValue:
        return FormValue(
            self.title.text(),
            self.hint.text() if self.hint else None,
            {code: one.text() for code, one in self.choices.items()},
            self.most,
        )


class _Definition(ContentPart):
    kind: str = Field(pattern=NAME)
    version: StrictInt = Field(ge=1, le=9999)
    prefix: str = Field(pattern=r"^[A-Z]{1,4}$")
    title: BothLanguages
    law: BothLanguages
    initial: str
    parties: dict[str, BothLanguages]
    opening: _Event
    states: dict[Annotated[str, StringConstraints(pattern=NAME)], _State]
    events: dict[Annotated[str, StringConstraints(pattern=NAME)], _Event]
    escalations: dict[str, _Who] = {}
    values: dict[Annotated[str, StringConstraints(pattern=NAME)], _FormValue] = {}
    files: StrictBool = True

    @model_validator(mode="after")
    def _opens(self) -> "_Definition":
        one = self.opening
        later = (one.sources, one.target, one.lapse, one.after, one.statute)
        if any(later) or one.once:
            raise ValueError("the opening comes from nowhere, once, into the initial state")
        return self

    def definition(self) -> Definition:
        return Definition(
            kind=self.kind,
            version=self.version,
            title=self.title.text(),
            law=self.law.text(),
            initial=self.initial,
            parties={name: one.text() for name, one in self.parties.items()},
            opening=_opening(self.opening, self.initial),
            states={name: one.state(name) for name, one in self.states.items()},
            events={name: one.rule(name) for name, one in self.events.items()},
            escalations={duty: one.who() for duty, one in self.escalations.items()},
            prefix=self.prefix,
            values={name: one.value() for name, one in self.values.items()},
            files=self.files,
        )


_DEFINITION = TypeAdapter(_Definition)
_PARSED = 512
"""Documents kept parsed: a start checks each kind, puts it in force and reads it from the book."""


def _opening(event: _Event, initial: str) -> EventRule:
    return event.model_copy(update={"target": initial, "sources": []}).rule(OPEN)


@lru_cache(_PARSED)
def parse_definition(document: str) -> Definition:
    """A document that was checked when it came into force."""
    return _DEFINITION.validate_python(read_yaml(document)).definition()


@lru_cache
def matter_documents() -> dict[str, str]:
    """Every version of every kind, word for word, by file. Raises BadRegistry."""
    return {shown_path(path): path.read_text(encoding="utf-8-sig") for path in _files()}


def matter_definitions() -> dict[str, Definition]:
    """The same, read; by file. Raises BadRegistry with the line of each fault."""
    found: dict[str, Definition] = {}
    for path in _files():
        one = read_content(path, _DEFINITION).definition()
        key = (one.kind, one.version)
        first = next((f for f, o in found.items() if (o.kind, o.version) == key), None)
        if first is not None:
            zh = f"{one.kind} 第 {one.version} 版已在 {first} 中，请只留一处"
            en = f"version {one.version} of {one.kind} is in {first} already: keep one of them"
            raise bad(shown_path(path), 1, zh, en)
        found[shown_path(path)] = one
    return found


def check_definitions(
    guards: Collection[str], effects: Collection[str], conditions: Collection[str]
) -> None:
    """Raises BadRegistry with everything that keeps a kind from being used."""
    known = known_acts(guards, effects, conditions)
    findings = [
        Finding(
            file,
            _line(file, fault.place),
            Text(f"{fault.place}：{fault.text.zh}", f"{fault.place}: {fault.text.en}"),
        )
        for file, one in matter_definitions().items()
        for fault in faults(one, known)
    ]
    if findings:
        raise BadRegistry(findings)


def named_duties() -> dict[str, Duty]:
    """The duties of every rule set, by `rule_set/id`, as definitions name them."""
    return {f"{rules}/{name}": duty for (rules, name), duty in duties().items()}


def known_acts(
    guards: Collection[str], effects: Collection[str], conditions: Collection[str]
) -> Known:
    named = named_duties()
    return Known(
        duties={name: [one.id for one in duty.pauses] for name, duty in named.items()},
        guards=guards,
        effects=effects,
        conditions=conditions,
        extensible=[name for name, duty in named.items() if duty.extension],
    )


def _files() -> list[Path]:
    return sorted((registry_folder() / MATTERS).glob("*.yaml"))


def _line(file: str, place: str) -> int:
    lines = (registry_folder() / file).read_text(encoding="utf-8-sig").splitlines()
    return next((n for n, line in enumerate(lines, 1) if line.strip().startswith(f"{place}:")), 1)
