"""Clocks read from events: what each verb does, and that nothing out of place passes."""

from datetime import date

import pytest

from tests.test_platform.statute.test_due import CALENDAR
from xihu_catalog.registry.statutes import duties
from xihu_platform.matters.clocks import MatterClock, Moved, clocks_of
from xihu_platform.matters.definition import ClockAct, Verb

D = date.fromisoformat
DUTIES = {f"{rules}/{name}": duty for (rules, name), duty in duties().items()}
REPLY, PERMIT = "CN-809-2025/reply_conditional", "CN-permits/permit_decision"


def moved(*told: tuple[str, Verb], duty: str = REPLY, amount: int = 0) -> list[Moved]:
    return [
        Moved(seq, D(day), ClockAct(verb, duty), amount if verb == "extend" else 0)
        for seq, (day, verb) in enumerate(told, 1)
    ]


def due_of(clock: MatterClock) -> date | None:
    return clock.due(DUTIES, CALENDAR).day


@pytest.mark.parametrize("first", ["extend", "pause"])
def test_a_permit_paused_and_extended_in_either_order(first: str) -> None:
    more: tuple[str, Verb] = ("2026-09-22", "extend")
    if first == "pause":
        more = ("2026-10-11", "extend")
    told: list[tuple[str, Verb]] = [
        ("2026-09-01", "start"),
        ("2026-09-24", "pause"),
        ("2026-10-09", "resume"),
        more,
    ]
    (clock,) = clocks_of(moved(*sorted(told), duty=PERMIT, amount=10))
    assert due_of(clock) == D("2026-10-26")
    assert clock.running
    assert not clock.paused


def test_a_clock_that_is_paused_has_no_due_day_and_is_never_late() -> None:
    (clock,) = clocks_of(moved(("2026-09-01", "start"), ("2026-09-02", "pause")))
    assert clock.paused
    assert due_of(clock) is None
    assert not clock.overdue(None, D("2027-09-01"))


def test_a_restart_begins_the_whole_period_anew() -> None:
    (clock,) = clocks_of(
        moved(
            ("2026-09-10", "start"),
            ("2026-09-11", "extend"),
            ("2026-09-15", "pause"),
            ("2026-10-12", "restart"),
            duty="CN-others/ogi_reply",
            amount=20,
        )
    )
    assert due_of(clock) == D("2026-11-09")


def test_a_stop_ends_a_pause_and_the_next_start_is_another_clock() -> None:
    first, second = clocks_of(
        moved(
            ("2026-09-01", "start"),
            ("2026-09-03", "pause"),
            ("2026-09-04", "stop"),
            ("2026-09-24", "start"),
        )
    )
    assert (first.start_seq, first.stop_seq, first.stopped) == (1, 3, D("2026-09-04"))
    assert due_of(first) == D("2026-09-16")
    assert (second.start_seq, second.stopped) == (4, None)
    assert due_of(second) == D("2026-10-15")


@pytest.mark.parametrize(
    ("stopped", "today", "late"),
    [
        (None, "2026-10-15", False),
        (None, "2026-10-16", True),
        ("2026-10-15", "2027-01-01", False),
        ("2026-10-16", "2027-01-01", True),
    ],
)
def test_overdue_is_derived(stopped: str | None, today: str, late: bool) -> None:
    told: list[tuple[str, Verb]] = [("2026-09-24", "start")]
    if stopped:
        told.append((stopped, "stop"))
    (clock,) = clocks_of(moved(*told))
    assert clock.overdue(due_of(clock), D(today)) is late


def test_two_duties_run_side_by_side() -> None:
    moves = [
        Moved(1, D("2026-09-01"), ClockAct("start", PERMIT)),
        Moved(2, D("2026-09-24"), ClockAct("start", REPLY)),
        Moved(3, D("2026-09-25"), ClockAct("stop", PERMIT)),
    ]
    assert [(clock.duty, clock.running) for clock in clocks_of(moves)] == [
        (PERMIT, False),
        (REPLY, True),
    ]


@pytest.mark.parametrize(
    "verbs",
    [
        ["stop"],
        ["pause"],
        ["resume"],
        ["extend"],
        ["restart"],
        ["start", "start"],
        ["start", "resume"],
        ["start", "pause", "pause"],
        ["start", "stop", "stop"],
    ],
)
def test_what_moves_no_running_clock_is_a_fault(verbs: list[Verb]) -> None:
    told = [("2026-09-01", verb) for verb in verbs]
    with pytest.raises(ValueError, match=r"out of place|paused"):
        clocks_of(moved(*told))
