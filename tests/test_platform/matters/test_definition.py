"""A definition is checked before any matter uses it."""

from dataclasses import replace

import pytest

from xihu_platform.matters.definition import (
    OPEN,
    ClockAct,
    Definition,
    EventRule,
    FormValue,
    Known,
    MatterState,
    WhoMay,
    faults,
)
from xihu_platform.words import Text

WORDS = Text("名", "name")
REPLY, DELIVERY = "CN-809-2025/reply_conditional", "CN-809-2025/delivery"
KNOWN = Known(
    duties={REPLY: (), DELIVERY: ("test",)},
    guards={"is_conditional"},
    effects={"grant"},
    extensible={REPLY},
)
ASKING, GIVING = WhoMay("asking"), WhoMay("giving", apart_from=("hand_in",))
EVENTS = (
    EventRule("hand_in", WORDS, ("draft",), "deciding", ASKING, clocks=(ClockAct("start", REPLY),)),
    EventRule(
        "extend",
        WORDS,
        ("deciding",),
        None,
        GIVING,
        clocks=(ClockAct("extend", REPLY),),
        once=True,
        takes={"extension": "number"},
    ),
    EventRule("ask", WORDS, ("deciding",), "asked", GIVING, clocks=(ClockAct("pause", REPLY),)),
    EventRule("supply", WORDS, ("asked",), "deciding", ASKING, clocks=(ClockAct("resume", REPLY),)),
    EventRule(
        "refuse",
        WORDS,
        ("deciding",),
        "refused",
        GIVING,
        needs=frozenset({"reason", "article"}),
        clocks=(ClockAct("stop", REPLY),),
    ),
    EventRule(
        "agree",
        WORDS,
        ("deciding",),
        "agreed",
        GIVING,
        guards=("is_conditional",),
        effects=("grant",),
        clocks=(ClockAct("stop", REPLY),),
    ),
    EventRule(
        "withdraw",
        WORDS,
        ("asked", "deciding"),
        "withdrawn",
        ASKING,
        clocks=(ClockAct("stop", REPLY),),
    ),
)
STATES = (
    MatterState("draft", WORDS, "asking"),
    MatterState("deciding", WORDS, "giving"),
    MatterState("asked", WORDS, "asking"),
    MatterState("agreed", WORDS, None, "done"),
    MatterState("refused", WORDS, None, "refused"),
    MatterState("withdrawn", WORDS, None, "withdrawn"),
)
GOOD = Definition(
    kind="request",
    version=1,
    title=WORDS,
    law=WORDS,
    initial="draft",
    parties={"asking": WORDS, "giving": WORDS},
    opening=EventRule(OPEN, WORDS, (), "draft", ASKING),
    states={one.name: one for one in STATES},
    events={one.name: one for one in EVENTS},
    values={"extension": FormValue(WORDS)},
)


def said(definition: Definition) -> set[str]:
    return {f"{fault.place}: {fault.text.en}" for fault in faults(definition, KNOWN)}


def with_event(name: str, **changed: object) -> Definition:
    changed_one = replace(GOOD.events[name], **changed)  # type: ignore[arg-type]  # by its field
    return replace(GOOD, events={**GOOD.events, name: changed_one})


def with_state(name: str, **changed: object) -> Definition:
    changed_one = replace(GOOD.states[name], **changed)  # type: ignore[arg-type]  # by its field
    return replace(GOOD, states={**GOOD.states, name: changed_one})


def without_event(name: str) -> Definition:
    return replace(GOOD, events={k: v for k, v in GOOD.events.items() if k != name})


def test_a_sound_definition_has_no_fault() -> None:
    assert faults(GOOD, KNOWN) == []


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (replace(GOOD, initial="begun"), "request: there is no state begun"),
        (with_event("ask", target="begun"), "ask: there is no state begun"),
        (with_event("ask", sources=("begun",)), "ask: there is no state begun"),
        (with_event("ask", actor=WhoMay("court")), "ask: there is no party court"),
        (with_state("asked", owner="court"), "asked: there is no party court"),
        (
            with_event("agree", actor=WhoMay("giving", apart_from=("begin",))),
            "agree: there is no event begin",
        ),
        (with_event("agree", guards=("is_fair",)), "agree: there is no guard is_fair"),
        (with_event("agree", effects=("pay",)), "agree: there is no effect pay"),
        (
            with_event("hand_in", clocks=(ClockAct("start", "X/y"),)),
            "hand_in: there is no duty X/y",
        ),
        (
            with_event("ask", clocks=(ClockAct("pause", REPLY, "test"),)),
            "ask: there is no reason for a pause test",
        ),
        (
            with_event("extend", clocks=(ClockAct("extend", DELIVERY),)),
            f"extend: the law gives no extension of {DELIVERY}",
        ),
        (with_event("hand_in", target=None), "draft: has no way out"),
        (with_state("draft", owner=None), "draft: an open state has an owner, a final none"),
        (with_state("agreed", owner="giving"), "agreed: an open state has an owner, a final none"),
        (without_event("agree"), "agreed: is never reached"),
        (with_event("refuse", sources=()), "refuse: leaves no state"),
        (
            with_event("withdraw", sources=("agreed", "asked", "deciding")),
            "agreed: is final, and events leave it",
        ),
        (
            with_event("refuse", needs=frozenset({"reason"})),
            "refuse: a refusal needs a reason and an article",
        ),
        (
            with_event("withdraw", actor=WhoMay("clock")),
            "withdraw: what time brings about has a statute and a duty or a date, and nothing else",
        ),
        (
            with_event("withdraw", statute="32"),
            "withdraw: what time brings about has a statute and a duty or a date, and nothing else",
        ),
        (
            with_event("withdraw", actor=WhoMay("clock"), statute="27", lapse=REPLY, after="until"),
            "withdraw: what time brings about has a statute and a duty or a date, and nothing else",
        ),
        (
            with_event("withdraw", actor=WhoMay("clock"), statute="27", after="until"),
            "withdraw: needs the date until from the opening",
        ),
        (
            replace(
                with_event("withdraw", actor=WhoMay("clock"), statute="27", after="until"),
                opening=replace(
                    GOOD.opening, takes={"until": "date"}, optional=frozenset({"until"})
                ),
                values={"until": FormValue(WORDS)},
            ),
            "withdraw: needs the date until from the opening",
        ),
        (
            with_event(
                "ask", target="deciding", actor=WhoMay("clock"), statute="27", after="until"
            ),
            "ask: leads back to a state that it comes from",
        ),
        (
            replace(GOOD, events={**GOOD.events, "warned": GOOD.events["ask"]}),
            "warned: is a name that the platform uses",
        ),
        (
            replace(GOOD, parties={**GOOD.parties, "clock": WORDS}),
            "clock: clock is time, no party",
        ),
        (with_event("extend", takes={"extension": "code"}), "extend: must take the number"),
        (with_event("ask", takes={"reason": "text"}), "ask: reason belongs to its needs"),
        (
            with_event("agree", actor=WhoMay("clock"), statute="32", lapse=REPLY),
            "agree: asks for something that time does not say",
        ),
        (
            with_event(
                "withdraw",
                target="deciding",
                actor=WhoMay("clock"),
                statute="32",
                lapse=REPLY,
                from_start=True,
                clocks=(ClockAct("stop", REPLY), ClockAct("start", REPLY)),
            ),
            "withdraw: begins the period that has passed again",
        ),
        (with_event("refuse", clocks=()), f"refused: a clock still runs: {REPLY}"),
        (with_event("ask", clocks=()), f"supply: in the state asked the clock {REPLY} cannot"),
        (
            with_event("supply", clocks=(ClockAct("start", REPLY),)),
            f"supply: in the state asked the clock {REPLY} cannot",
        ),
        (
            with_event("extend", clocks=(ClockAct("start", REPLY),)),
            f"extend: in the state deciding the clock {REPLY} cannot",
        ),
        (
            with_event("hand_in", clocks=()),
            f"agree: in the state deciding the clock {REPLY} cannot",
        ),
    ],
)
def test_what_is_wrong_is_named(wrong: Definition, fault: str) -> None:
    assert any(one.startswith(fault) for one in said(wrong)), said(wrong)


def joined_by(name: str, value: str = "whom", **changed: object) -> Definition:
    """`giving` comes in with the event `name`."""
    changed = {"joins": {"giving": value}, "takes": {"whom": "code"}, **changed}
    return replace(with_event(name, **changed), values={**GOOD.values, "whom": FormValue(WORDS)})


def test_a_party_may_come_in_with_the_event_before_it_has_to_act() -> None:
    assert said(joined_by("hand_in")) == set()
    assert joined_by("hand_in").late == {"giving"}
    assert GOOD.late == frozenset()


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (joined_by("withdraw"), "deciding: may be reached before its owner takes part"),
        (joined_by("hand_in", "who"), "hand_in: must take the code who"),
        (joined_by("hand_in", takes={"whom": "text"}), "hand_in: must take the code whom"),
        (joined_by("hand_in", optional=frozenset({"whom"})), "hand_in: must take the code whom"),
        (joined_by("hand_in", joins={"court": "whom"}), "hand_in: there is no party court"),
        (
            joined_by("hand_in", joins={"asking": "whom"}),
            "open: asking cannot come in with the opening",
        ),
        (
            replace(GOOD, opening=replace(GOOD.opening, joins={"giving": "whom"})),
            "open: giving cannot come in with the opening",
        ),
    ],
)
def test_a_party_that_comes_in_too_late_or_from_nowhere_is_told(
    wrong: Definition, fault: str
) -> None:
    assert fault in said(wrong)


def test_a_clock_that_was_not_resumed_cannot_be_paused_again() -> None:
    assert said(with_event("supply", clocks=())) == {
        f"ask: in the state deciding the clock {REPLY} cannot be moved so"
    }
