"""Each kind against another engine: what is allowed, and where it leads, after every event.

The kinds are read here by a reader of the tests' own, into python-statemachine; who may act, what
is spent and who is kept apart are worked out from the YAML as well. Half of the events are
forbidden, of another office, or stale.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import delete
from statemachine import State, StateChart
from statemachine.exceptions import TransitionNotAllowed

from tests.entries import publish_entry
from tests.registry import REGISTRY
from tests.test_platform.audit.test_log import empty_database
from tests.test_platform.matters.world import (
    ASKING,
    AUTHORITY,
    CITIZEN,
    CITY,
    DATASET,
    GIVING,
    HEALTH,
    OPENED,
    PERMIT,
    PUBLIC,
    READER,
    MatterWorld,
    database_file,
    draw_up,
    official,
    parties,
    shown_row,
)
from xihu_catalog.exchange.models import ExchangeRow
from xihu_catalog.voices.acts import VOICES
from xihu_platform.access.models import GrantRow
from xihu_platform.credentials.register import CredentialFacts, issue
from xihu_platform.database import open_database, transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, Refused
from xihu_platform.identity.models import MandateRequestRow, PersonRow
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN, EventRule
from xihu_platform.matters.engine import judge, offered
from xihu_platform.matters.kernel import Opening, StaleMatter
from xihu_platform.matters.views import MatterView
from xihu_platform.matters.who import Doer, MatterParty, doers
from xihu_platform.words import Text

FILES = sorted((REGISTRY / "matters").glob("*.yaml"))
DOCUMENTS: dict[str, dict[str, Any]] = {
    one["kind"]: one
    for one in (
        yaml.safe_load(PERMIT),
        *(
            yaml.safe_load(path.read_text("utf-8"))
            for path in (REGISTRY / "matters").glob("*.yaml")
        ),
    )
}
"""Any: YAML."""
ROLES = {"requester": ASKING, "reporter": ASKING, "provider": GIVING, "source": GIVING} | {
    "authority": AUTHORITY,
    "organ": CITY,
    "office": HEALTH,
    "supervisor": AUTHORITY,
    "desk": CITY,
    "handler": HEALTH,
    "giver": HEALTH,
}
CAST = (
    *(official("a-one", ASKING, "handler"), official("a-two", ASKING, "sharing_head")),
    *(official("a-both", ASKING, "handler", "steward", "sharing_head"),),
    *(official("g-one", GIVING, "steward"), official("g-two", GIVING, "sharing_head")),
    *(official("g-both", GIVING, "steward", "sharing_head"),),
    *(official("j-one", AUTHORITY, "authority"), official("j-two", AUTHORITY, "handler")),
    *(official("c-one", CITY, "handler"), official("c-two", CITY, "leader"), CITIZEN),
    *(official("c-one", CITY, "leader", position="second-office"),),
    *(official("h-one", HEALTH, "handler"), official("h-two", HEALTH, "sharing_head")),
    *(official("h-both", HEALTH, "steward", "sharing_head"),),
    *(official("h-three", HEALTH, "leader"), official("clerk", HEALTH, "handler", "leader")),
)
PERSONS = {"applicant", "asker", "complainant", "rater", "caller", "holder"} | {
    *("principal", "agent", "author"),
}
"""Parties that a citizen is in these matters."""
BY_A_CITIZEN = {"permit", "opening_request", "complaint", "personal_correction"} | {
    *("bad_rating", "hotline", "licence_return", "data_comment", "data_reuse"),
}
VALUES: Mapping[str, Value] = {
    "text": "文字",
    "code": "code-1",
    "codes": [],
    "date": "2027-06-30",
    "number": 5,
}
NEEDED = {"reason": "理由", "article": "第一条", "evidence": "file-1"}
KINDS = tuple(sorted(DOCUMENTS))


def chart(document: Mapping[str, Any]) -> type[StateChart[Any]]:
    states = {
        name: State(initial=name == document["initial"], final="outcome" in one, value=name)
        for name, one in document["states"].items()
    }
    held: dict[str, object] = {f"in_{name}": one for name, one in states.items()}
    for name, event in document["events"].items():
        ways = [states[s].to(states[event.get("to") or s]) for s in event["from"]]
        joined = ways[0]
        for one in ways[1:]:
            joined = joined | one
        held[f"do_{name}"] = joined
    held["allow_event_without_transition"] = False
    return type(document["kind"], (StateChart,), held)


@dataclass
class Opinion:
    """What the other engine holds of one matter, and who did what."""

    document: Mapping[str, Any]
    machine: StateChart[Any]
    done: list[tuple[str, str, str]] = field(default_factory=list)
    """Event, person, position."""
    never: frozenset[str] = frozenset()
    """Conditions that the matter does not meet."""

    @property
    def state(self) -> str:
        (state,) = self.machine.configuration_values
        return str(state)

    def may(self, principal: Principal, event: Mapping[str, Any]) -> bool:
        who = event["who"]
        position = principal.position
        if who["party"] in PERSONS:
            return principal is CITIZEN and not self.apart(who, principal.id, "")
        if who["party"] == "clock" or position is None:
            return False
        if position.organisation != ROLES[who["party"]]:
            return False
        if who.get("duties") and not position.duties & set(who["duties"]):
            return False
        return not self.apart(who, principal.id, position.id)

    def apart(self, who: Mapping[str, Any], person: str, position: str) -> bool:
        """Whether they did something that whoever does this may not have done."""
        return any(
            name in who.get("apart_from", ())
            and (sub == person or bool(place) and place == position)
            for name, sub, place in self.done
        )

    def spent(self, name: str) -> bool:
        once = self.document["events"][name].get("once")
        when = self.document["events"][name].get("when")
        names_in_order = [one[0] for one in self.done]
        names = set(names_in_order)
        answered = names & {"consent_extension", "refuse_extension"}
        asked = "ask_extension" in names and not answered
        last = [one for one in names_in_order if one in ADDING][-1:]
        if self.never and when == "subjects_were_added" and last != ["add_subjects"]:
            return True
        if when in self.never or (self.never and when == "extension_asked" and not asked):
            return True
        return bool(once) and name in [one[0] for one in self.done]

    def five_days_given(self) -> bool:
        """Article 17 gives 5 working days more once for each change."""
        names = [one[0] for one in self.done]
        begun = [at for at, one in enumerate(names) if one in {"propose_change", "return_change"}]
        return bool(begun) and "consent_extension" in names[begun[-1] :]

    def meant(self, name: str) -> str:
        """An answer has one name for whoever gives it; the draw says what comes of it."""
        if name not in {"keep", "keep_drawn"} or not self.never or "keep_drawn" not in self.events:
            return name
        return "keep" if "drawn_for_review" in self.never else "keep_drawn"

    @property
    def events(self) -> Mapping[str, Any]:
        events: Mapping[str, Any] = self.document["events"]
        return events

    def offered(self, principal: Principal) -> set[str]:
        return {"keep" if one == "keep_drawn" else one for one in self.allowed(principal)}

    def allowed(self, principal: Principal) -> set[str]:
        known = {str(event.id).removeprefix("do_") for event in self.machine.allowed_events}
        return {
            name
            for name in known
            if self.may(principal, self.document["events"][name]) and not self.spent(name)
        }

    def next(self, choose: random.Random) -> tuple[Principal, str]:
        """Somebody and an event: mostly one that is allowed, else any."""
        able = [(one, name) for one in CAST for name in sorted(self.allowed(one))]
        if able and choose.random() < 0.5:
            return choose.choice(able)
        return choose.choice(CAST), choose.choice(sorted(self.document["events"]))

    def send(self, principal: Principal, name: str) -> bool:
        """Whether the engine took the event."""
        name = self.meant(name)
        if not self.may(principal, self.document["events"][name]) or self.spent(name):
            return False
        guards = self.document["events"][name].get("guards", ())
        if "extension_was_asked" in guards and "ask_extension" not in [d[0] for d in self.done]:
            return False
        if name == "consent_extension" and self.five_days_given():
            return False
        try:
            self.machine.send(f"do_{name}")
        except TransitionNotAllowed:
            return False
        position = principal.position.id if principal.position else ""
        self.done.append((name, principal.id, position))
        return True


def opened(world: MatterWorld, kind: str) -> int:
    if kind != "catalogue_entry":
        publish_entry(world.database, DATASET)  # one database may have seen its draft
    return _opened(world, kind)


def _opened(world: MatterWorld, kind: str) -> int:
    if kind == "permit":
        two = (
            MatterParty("applicant", "person", CITIZEN.subject or ""),
            MatterParty("organ", "organisation", CITY),
        )
        opening = Opening(kind, two, "330106")
        return _open(world, CITIZEN, opening, {"wish": "面馆"})
    if kind == "sharing_request":
        return world.request()
    if kind == "sharing_registration":
        return world.request(OPENED)
    if kind == "sharing_dispute":
        clerk = official("clerk", ASKING, "handler")
        return _open(world, clerk, Opening(kind, parties(), "330000"), {"claim": "不服"})
    if kind == "ground":
        clerk = official("clerk", HEALTH, "handler")
        opening = Opening(kind, (MatterParty("office", "organisation", HEALTH),), "330000")
        takes = DOCUMENTS[kind]["opening"]["takes"]
        filled = {name: _value(DOCUMENTS[kind], name, taken) for name, taken in takes.items()}
        _SUBJECTS[:] = [str(one) for one in filled["subjects"]]  # type: ignore[union-attr]  # a list
        return _open(world, clerk, opening, filled)
    if kind in VOICES:
        return _opened_voice(world, kind)
    if kind in {"opening_request", "complaint", "incident", "vulnerability", "data_need"}:
        return _opened_small(world, kind)
    if kind == "hotline":
        two = (
            MatterParty("caller", "person", CITIZEN.subject or ""),
            MatterParty("desk", "organisation", CITY),
        )
        wish: dict[str, Value] = {"classification": "help", "topic": "noise", "wish": "夜间施工"}
        return _open(world, CITIZEN, Opening(kind, two, "330000"), wish)
    made = {
        "catalogue_entry": _opened_entry,
        "bad_rating": _opened_rating,
        "licence_change": _opened_licence,
        "licence_return": _opened_return,
        "mandate": _opened_mandate,
        "batch_exchange": _opened_exchange,
    }
    if kind in made:
        return made[kind](world)
    clerk = official("clerk", ASKING, "handler")
    asks = CITIZEN if kind == "personal_correction" else clerk
    three = (
        MatterParty("applicant", "person", CITIZEN.subject or "")
        if asks is CITIZEN
        else MatterParty("reporter", "organisation", ASKING),
        MatterParty("source", "organisation", GIVING),
        MatterParty("authority", "organisation", AUTHORITY),
    )
    said: dict[str, Value] = {"row": shown_row(asks, DATASET), "field": "name", "claimed": "乙"}
    return _open(world, asks, Opening(kind, three, "330000", DATASET), said)


def _opened_voice(world: MatterWorld, kind: str) -> int:
    takes = DOCUMENTS[kind]["opening"]["takes"]
    said: dict[str, Value] = dict.fromkeys(takes, "文字")
    three = (
        MatterParty("author", "person", CITIZEN.subject or ""),
        *(MatterParty("provider", "organisation", GIVING),),
        *(MatterParty("authority", "organisation", AUTHORITY),),
    )
    if "address" in said:
        said["address"] = "https://example.com/map"
    return _open(world, CITIZEN, Opening(kind, three, "330000", DATASET), said)


def _opened_exchange(world: MatterWorld) -> int:
    """Under a grant of its own, and the only one: another would be in its way."""
    granted = GrantRow(
        id="SR-exchange",
        dataset=DATASET,
        organisation=ASKING,
        fields=["name"],
        purpose_zh="用途",
        purpose_en="use",
        valid_from=date(2026, 1, 1),
        valid_to=date(2027, 12, 31),
        rules=[],
        matter=None,
        suspended=False,
    )
    with transaction(world.database) as session:
        session.merge(granted)
        session.execute(delete(ExchangeRow))
    two = (
        MatterParty("requester", "organisation", ASKING),
        MatterParty("provider", "organisation", GIVING),
    )
    target: dict[str, Value] = {"host": "db.example.gov.cn", "port": 5432, "database": "aid"}
    target |= {"schema": "public", "table": "people", "user": "xihu", "cycle": "daily"}
    clerk = official("clerk", ASKING, "handler")
    opening = Opening("batch_exchange", two, "330000", DATASET)
    return _open(world, clerk, opening, {"dataset": DATASET, **target})


def _opened_entry(world: MatterWorld) -> int:
    """Of a dataset that was handed in anew."""
    draw_up(world, DATASET)
    two = (
        MatterParty("provider", "organisation", GIVING),
        MatterParty("authority", "organisation", AUTHORITY),
    )
    clerk = official("clerk", GIVING, "handler")
    opening = Opening("catalogue_entry", two, "330000", DATASET)
    return _open(world, clerk, opening, {"dataset": DATASET})


def _opened_rating(world: MatterWorld) -> int:
    """Of a request that its citizen has withdrawn."""
    rated = _opened_small(world, "opening_request")
    world.do(CITIZEN, rated, "withdraw")
    three = (
        MatterParty("rater", "person", CITIZEN.subject or ""),
        MatterParty("office", "organisation", HEALTH),
        MatterParty("supervisor", "organisation", AUTHORITY),
    )
    opening = Opening("bad_rating", three, "330000", link=(rated, "rates"))
    return _open(world, CITIZEN, opening, {"satisfaction": "dissatisfied"})


def _opened_licence(world: MatterWorld) -> int:
    two = (
        MatterParty("office", "organisation", HEALTH),
        MatterParty("holder", "person", CITIZEN.subject or ""),
    )
    clerk = official("clerk", HEALTH, "handler")
    said: dict[str, Value] = {"act": "revoke", "effect_on": "2026-09-24"}
    said |= {"licence": _issued(world)}
    return _open(world, clerk, Opening("licence_change", two, "330000"), said)


def _opened_return(world: MatterWorld) -> int:
    two = (
        MatterParty("holder", "person", CITIZEN.subject or ""),
        MatterParty("office", "organisation", HEALTH),
    )
    said: dict[str, Value] = {"licence": _issued(world)}
    return _open(world, CITIZEN, Opening("licence_return", two, "330000"), said)


def _opened_mandate(world: MatterWorld) -> int:
    """At a counter; the citizen is on both sides, so that every event has somebody who does it."""
    key = CITIZEN.subject or ""
    three = (
        *(MatterParty("principal", "person", key), MatterParty("agent", "person", key)),
        MatterParty("giver", "organisation", HEALTH),
    )
    made = {"items": "low_income", "until": date(2027, 6, 30)}
    with transaction(world.database) as session:
        agent = f"p-agent-{next(_NUMBERS)}"
        session.add(PersonRow(person=agent, username=agent, name_zh="某", name_en="Some", level=3))
        session.flush()
        expires = world.clock() + timedelta(hours=24)
        asked = MandateRequestRow(person=agent, digest=agent.encode(), expires_at=expires, **made)
        session.add(asked)
        session.flush()
        number = asked.id
    said: dict[str, Value] = {"request": number, "services": ["low_income"]}
    said |= {"until": "2027-06-30", "paper": "SQ-2026-031", "name": "某"}
    clerk = official("clerk", HEALTH, "handler")
    return _open(world, clerk, Opening("mandate", three, "330000"), said)


def _issued(world: MatterWorld) -> str:
    """The number of a licence that came from a matter of the citizen's."""
    case = _opened_small(world, "complaint")
    facts = CredentialFacts(
        kind="test",
        title=Text("证", "licence"),
        number=f"N-{case}",
        issuer=HEALTH,
        issuer_name=Text("机关", "office"),
        holder=CITIZEN.subject or "",
        holder_name="某",
        matter=case,
    )
    with transaction(world.database) as session:
        issue(session, world.matters.texts, facts, world.clock())
    return f"N-{case}"


def _opened_small(world: MatterWorld, kind: str) -> int:
    takes = DOCUMENTS[kind]["opening"]["takes"]
    said = {name: _value(DOCUMENTS[kind], name, taken) for name, taken in takes.items()}
    authority = MatterParty("authority", "organisation", AUTHORITY)
    if kind in {"incident", "vulnerability", "data_need"}:
        clerk = official("clerk", ASKING, "handler")
        role = "requester" if kind == "data_need" else "reporter"
        two = (MatterParty(role, "organisation", ASKING), authority)
        if kind == "data_need":
            said["what"] = f"第 {next(_NUMBERS)} 项"
        return _open(world, clerk, Opening(kind, two, "330000"), said)
    role = "asker" if kind == "opening_request" else "complainant"
    parties_of = [MatterParty(role, "person", CITIZEN.subject or ""), authority]
    if kind == "opening_request":
        parties_of.append(MatterParty("provider", "organisation", GIVING))
    about = DATASET if kind == "opening_request" else None
    return _open(world, CITIZEN, Opening(kind, tuple(parties_of), "330000", about), said)


def _open(
    world: MatterWorld, principal: Principal, opening: Opening, said: Mapping[str, Value]
) -> int:
    document = {**DOCUMENTS[opening.kind], "events": {OPEN: DOCUMENTS[opening.kind]["opening"]}}
    command = Command(
        OPEN,
        world.key(),
        values=said,
        reason=_needed(document, OPEN, "reason"),
        article=_needed(document, OPEN, "article"),
        evidence=_needed(document, OPEN, "evidence"),
    )
    return world.matters.open(principal, opening, command).matter


def _passports() -> Iterator[str]:
    for number in count():
        yield f"E{number:08d}"


_NUMBERS = _passports()
"""Somebody else each time: one who is in a ground is not added again."""
ADDING = {"add_subjects", "strike_added", "countersign"}
_SUBJECTS: list[str] = []
"""Whom the ground is about that is played now."""
_CONFIRMED = [0]
"""How many of them were there when it was confirmed last."""


def command_for(
    world: MatterWorld, document: Mapping[str, Any], name: str, version: int
) -> Command:
    takes = document["events"][name].get("takes", {})
    values = {key: _value(document, key, kind) for key, kind in takes.items()}
    if name == "countersign":
        values["subjects"] = list(_SUBJECTS)
    return Command(
        name,
        world.key(),
        version,
        values,
        reason=_needed(document, name, "reason"),
        article=_needed(document, name, "article"),
        evidence=_needed(document, name, "evidence"),
    )


def _needed(document: Mapping[str, Any], name: str, need: str) -> str | None:
    return NEEDED[need] if need in document["events"][name].get("needs", ()) else None


FILLED: Mapping[str, Value] = {
    "fields": ["name"],
    "opened": PUBLIC,
    "respondent": HEALTH,
    "department": GIVING,
    "unit": HEALTH,
    "met_by": DATASET,
    "found_on": "2026-09-01",
    "effect_on": "2026-09-24",
    "item": "medical_transfer",
    "reader": READER,
    "services": ["low_income"],
}
"""Values that have to name something."""


def _value(document: Mapping[str, Any], key: str, kind: str) -> Value:
    if key in FILLED:
        return FILLED[key]
    if kind == "unsaid":
        return [next(_NUMBERS)]
    choices = list(document["values"][key].get("choices", ()))
    return choices[0] if choices and kind == "code" else VALUES[kind]


def compare(world: MatterWorld, kind: str, events: int, seed: int) -> tuple[int, int]:
    """Random events on the database; how many were taken and how many refused."""
    choose = random.Random(seed)
    document = DOCUMENTS[kind]
    machine, taken, refused = chart(document), 0, 0
    walks = _walks(world, kind, document, machine)
    opinion, matter = next(walks)
    for _ in range(events):
        view = world.view(matter)
        assert view.state == opinion.state
        if document["states"][view.state].get("outcome"):
            opinion, matter = next(walks)
            view = world.view(matter)
        principal, name = opinion.next(choose)
        known = {rule.name for rule in world.matters.allowed(principal, view)}
        assert known == opinion.offered(principal), (view.state, principal.id)
        stale = choose.random() < 0.1
        command = command_for(world, document, name, view.version - stale)
        expected = not stale and opinion.send(principal, name)
        try:
            world.matters.act(principal, matter, command)
            taken += 1
            if name == "strike_added":
                del _SUBJECTS[_CONFIRMED[0] :]
            if name == "countersign":
                _CONFIRMED[:] = [len(_SUBJECTS)]
            if name == "add_subjects" and isinstance(command.values["subjects"], list):
                _SUBJECTS.extend(command.values["subjects"])
            assert expected, (view.state, name, principal.id)
        except (Conflict, Refused, NotFound, BadInput) as said:
            refused += 1
            assert not expected, (view.state, name, principal.id, str(said))
            assert not isinstance(said, StaleMatter) or stale
    return taken, refused


def compare_in_memory(world: MatterWorld, kind: str, events: int) -> tuple[int, int]:
    """The same with what the kernel judges by, and no database."""
    choose = random.Random(11)
    document = DOCUMENTS[kind]
    machine, taken, refused = chart(document), 0, 0
    opinion, matter = next(_walks(world, kind, document, machine))
    opinion.never = frozenset()  # conditions are asked for by the kernel, not by what it judges by
    first, done = world.view(matter), list(opinion.done)
    view = first
    for _ in range(events):
        assert view.state == opinion.state
        if document["states"][view.state].get("outcome"):
            opinion, view = Opinion(document, machine(), list(done)), first
        principal, name = opinion.next(choose)
        as_whom = doers(principal, (), world.clock.now)
        known = {rule.name for rule in offered(view, principal, as_whom)}
        assert known == opinion.allowed(principal), (view.state, principal.id)
        unasked = "extension_was_asked" in document["events"][name].get(
            "guards", ()
        ) and "ask_extension" not in [one.name for one in view.events]
        unasked |= name == "consent_extension" and opinion.five_days_given()  # the duty says so
        expected = opinion.send(principal, name)
        try:
            rule, doer = judge(view, name, principal, as_whom)
        except (Conflict, Refused, BadInput) as said:
            refused += 1
            assert not expected, (view.state, name, principal.id, str(said))
        else:
            taken += 1
            assert expected or unasked, (view.state, name, principal.id)
            view = view if unasked else advanced(view, rule, doer)
    return taken, refused


def advanced(view: MatterView, rule: EventRule, doer: Doer) -> MatterView:
    last = view.events[-1]
    event = replace(
        last,
        seq=last.seq + 1,
        name=rule.name,
        sub=doer.sub,
        position=doer.position.id if doer.position else None,
        clocks=(),
    )
    joined = tuple(MatterParty(role, "organisation", ROLES[role]) for role in rule.joins)
    stay = tuple(one for one in view.parties if one.role not in rule.joins)
    events = (*view.events, event)
    return replace(view, state=rule.lands(view.state), events=events, parties=(*stay, *joined))


def _walks(
    world: MatterWorld, kind: str, document: Mapping[str, Any], machine: type[StateChart[Any]]
) -> Iterator[tuple[Opinion, int]]:
    while True:
        by_a_citizen = kind in BY_A_CITIZEN
        person = "p-citizen" if by_a_citizen else "clerk"
        office = "" if by_a_citizen else "clerk-office"
        matter = opened(world, kind)
        half = {"drawn_for_review"} if matter % 2 else {"not_drawn"}  # as the test's world draws
        never = frozenset(
            {"standing_consent", "no_hearing_needed", *half}
        )  # the test's provider has left none
        done = [("open", person, office)]
        yield Opinion(document, machine(), done, never), matter


@pytest.mark.parametrize("kind", KINDS)
def test_two_engines_agree(world: MatterWorld, kind: str) -> None:
    taken, refused = compare(world, kind, 40, seed=len(kind))
    assert taken > 8
    assert refused > 8


@pytest.mark.harness
@pytest.mark.parametrize("kind", KINDS)
def test_two_engines_agree_over_ten_thousand_events(tmp_path: Path, kind: str) -> None:
    database = open_database(database_file(tmp_path, empty_database()))
    taken, refused = compare_in_memory(MatterWorld(database), kind, 10_000)
    assert min(taken, refused) > 3000
    database.dispose()
