"""Appointments: on working days alone, once, never more than there are places, and given back."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, delete, func, select

from tests.both_databases import BOTH, postgres, sqlite
from xihu_catalog.registry.appointments import AppointmentCounter, appointment_counters
from xihu_catalog.registry.calendar import seed_calendar
from xihu_catalog.services.slots import (
    AHEAD_LIMIT,
    Booking,
    BookingRow,
    SlotRow,
    book,
    bookings_of,
    bookings_on,
    cancel,
    mark,
    offered_days,
    offered_times,
)
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound
from xihu_platform.statute.calendar import WorkingCalendar
from xihu_platform.statute.published import read_calendar

__all__ = ["postgres"]  # a fixture
BOTH_LANGUAGES = {"zh": "窗口", "en": "counter"}


def counter(name: str = "one", /, **change: object) -> AppointmentCounter:
    said = {
        "id": name,
        "organisation": "113399001001548082",
        "item": "low_income",
        "title": BOTH_LANGUAGES,
        "place": BOTH_LANGUAGES,
        "telephone": "0571-00000000",
        "hours": [{"from": "09:00", "to": "12:00"}, {"from": "14:00", "to": "17:00"}],
        "minutes": 30,
        "capacity": 3,
        "days_ahead": 5,
    }
    return AppointmentCounter.model_validate(said | change)


ONE, OTHER = counter(), counter("other", minutes=45)
NOW = datetime(2026, 9, 24, 1, 30, tzinfo=UTC)
"""Thursday 24 September 2026, half past nine in Shanghai. Friday the 25th is a holiday."""
MONDAY = date(2026, 9, 28)
NINE, TEN = 9 * 60, 10 * 60


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "postgresql":
        found: Engine = request.getfixturevalue("postgres")
        with transaction(found) as session:
            session.execute(delete(BookingRow))
            session.execute(delete(SlotRow))
        seed_calendar(found, lambda: NOW)
        yield found
        return
    with sqlite(tmp_path) as engine:
        seed_calendar(engine, lambda: NOW)
        yield engine


@pytest.fixture
def calendar(database: Engine) -> WorkingCalendar:
    return read_calendar(database)


def booked(
    database: Engine,
    person: str = "s1_wang",
    day: date = MONDAY,
    starts: int = NINE,
    *,
    at: AppointmentCounter = ONE,
    now: datetime = NOW,
) -> Booking:
    with transaction(database) as session:
        days = read_calendar(database)
        return book(session, at, days, day, starts, person=person, sub="p-x", now=now)


def taken(database: Engine) -> list[int]:
    with transaction(database) as session:
        return list(session.scalars(select(SlotRow.taken).order_by(SlotRow.id)).all())


def bookings(database: Engine) -> int:
    with transaction(database) as session:
        return session.scalar(select(func.count()).select_from(BookingRow)) or 0


def test_the_times_of_a_day_are_whole_and_in_the_opening_hours() -> None:
    assert [start for start, _ in ONE.times] == [
        *(540, 570, 600, 630, 660, 690),  # nine to half past eleven
        *(840, 870, 900, 930, 960, 990),  # two to half past four
    ]
    assert [pair for pair in OTHER.times if pair[0] < 720] == [
        *((540, 585), (585, 630), (630, 675), (675, 720))
    ]


def test_a_day_of_rest_offers_nothing_and_a_worked_saturday_does(
    calendar: WorkingCalendar,
) -> None:
    """By hand from the official calendar of 2026: the 25th to the 27th of September and the 1st to
    the 7th of October are holidays; Saturday the 10th of October is worked."""
    assert offered_days(ONE, calendar, date(2026, 9, 24)) == (
        *(date(2026, 9, 24), date(2026, 9, 28), date(2026, 9, 29), date(2026, 9, 30)),
        *(date(2026, 10, 8), date(2026, 10, 9)),
    )
    assert offered_days(ONE, calendar, date(2026, 10, 3)) == (
        *(date(2026, 10, 8), date(2026, 10, 9), date(2026, 10, 10)),
        *(date(2026, 10, 12), date(2026, 10, 13)),
    )


@pytest.mark.parametrize(
    ("day", "starts"),
    [
        (date(2026, 9, 25), NINE),  # a holiday
        (date(2026, 9, 26), NINE),  # a Saturday
        (date(2026, 10, 10), NINE),  # worked, and too far ahead
        (date(2026, 9, 23), NINE),  # yesterday
        (date(2026, 9, 24), NINE),  # half an hour ago
        (MONDAY, 12 * 60),  # between its hours
        (MONDAY, NINE + 1),
        (MONDAY, 17 * 60),
    ],
)
def test_what_is_not_offered_is_not_booked(database: Engine, day: date, starts: int) -> None:
    with pytest.raises(BadInput, match="not offered"):
        booked(database, day=day, starts=starts)
    assert bookings(database) == 0


def test_the_rest_of_today_is_offered(database: Engine) -> None:
    with transaction(database) as session:
        today = offered_times(session, ONE, date(2026, 9, 24), NOW)
    assert [one.starts for one in today][:2] == [600, 630], "not half past nine, which has begun"
    assert booked(database, day=date(2026, 9, 24), starts=TEN).state == "booked"


def test_three_are_served_and_the_fourth_is_told(database: Engine) -> None:
    for name in ("a", "b", "c"):
        assert booked(database, name).number.startswith("AP-")
    with pytest.raises(Conflict, match="no place is left"):
        booked(database, "d")
    with transaction(database) as session:
        left = {one.starts: one.left for one in offered_times(session, ONE, MONDAY, NOW)}
    assert (left[NINE], left[NINE + 30]) == (0, 3)
    assert (taken(database), bookings(database)) == ([3], 3)


def test_the_same_form_again_is_the_same_appointment(database: Engine) -> None:
    first = booked(database)
    assert [booked(database) for _ in range(3)] == [first] * 3
    assert (taken(database), bookings(database)) == ([1], 1)


def test_nobody_is_at_two_counters_at_once(database: Engine) -> None:
    first = booked(database, starts=NINE + 30)
    for starts in (NINE, NINE + 45):  # 9:00 to 9:45 and 9:45 to 10:30, beside 9:30 to 10:00
        with pytest.raises(Conflict, match=first.number):
            booked(database, starts=starts, at=OTHER)
    assert booked(database, starts=NINE + 90, at=OTHER)
    assert booked(database, "somebody else", starts=NINE, at=OTHER)
    assert booked(database, starts=TEN), "one after the other"
    assert taken(database) == [1, 1, 1, 1]


def test_a_place_is_given_back_once_and_can_be_booked_again(database: Engine) -> None:
    first = booked(database)
    for _ in range(2):
        with transaction(database) as session:
            assert cancel(session, "s1_wang", first.id, NOW).state == "cancelled"
    assert taken(database) == [0]
    again = booked(database)
    assert again.id != first.id and taken(database) == [1]
    with transaction(database) as session:
        states = {one.id: one.state for one in bookings_of(session, "s1_wang")}
    assert states == {first.id: "cancelled", again.id: "booked"}


def test_nobody_cancels_anothers_and_nobody_sees_it(database: Engine) -> None:
    first = booked(database)
    for person, number in (("s1_zhao", first.id), ("s1_wang", first.id + 99)):
        with transaction(database) as session, pytest.raises(NotFound):
            cancel(session, person, number, NOW)
    with transaction(database) as session:
        assert bookings_of(session, "s1_zhao") == ()
    assert taken(database) == [1]


def test_what_has_begun_is_not_cancelled(database: Engine) -> None:
    first = booked(database)
    begun = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
    with transaction(database) as session, pytest.raises(Conflict, match="has come"):
        cancel(session, "s1_wang", first.id, begun)


def test_places_are_not_hoarded(database: Engine) -> None:
    for n in range(AHEAD_LIMIT):
        booked(database, starts=NINE + 30 * n)
    with pytest.raises(Conflict, match="5 appointments"):
        booked(database, starts=14 * 60)
    with transaction(database) as session:
        cancel(session, "s1_wang", bookings_of(session, "s1_wang")[0].id, NOW)
    assert booked(database, starts=14 * 60)


def test_the_counter_marks_on_the_day_what_is_its_own(database: Engine) -> None:
    first, second = booked(database), booked(database, "b")
    gone = booked(database, "c")
    with transaction(database) as session:
        cancel(session, "c", gone.id, NOW)
        assert [one.id for one in bookings_on(session, ["one"], MONDAY)] == [first.id, second.id]
        assert bookings_on(session, ["other"], MONDAY) == ()
        assert bookings_on(session, ["one"], date(2026, 9, 29)) == ()
    early, later = (datetime(2026, 9, 28, hour, 30, tzinfo=UTC) for hour in (0, 2))
    for number, counters, state, now in (
        (first.id, ["one"], "missed", early),  # half past eight: its time has not come
        (first.id, ["one"], "came", datetime(2026, 9, 29, 2, tzinfo=UTC)),  # the day after
        (gone.id, ["one"], "missed", later),
    ):
        with transaction(database) as session, pytest.raises(Conflict):
            mark(session, counters, number, state, "pan-xihu", now)  # type: ignore[arg-type]
    with transaction(database) as session, pytest.raises(NotFound):
        mark(session, ["other"], first.id, "came", "chen-yb", later)
    with transaction(database) as session:
        assert mark(session, ["one"], first.id, "came", "pan-xihu", early).state == "came"
        assert mark(session, ["one"], second.id, "missed", "pan-xihu", later).state == "missed"
        marked = session.get(BookingRow, second.id)
        assert marked is not None and marked.marked_by == "pan-xihu"
    with transaction(database) as session, pytest.raises(Conflict):
        cancel(session, "b", second.id, later)


def told(database: Engine, person: str, starts: int, gate: Barrier, found: list[str]) -> None:
    gate.wait()
    try:
        booked(database, person, starts=starts)
        found.append("booked")
    except Conflict as full:
        found.append("full" if "no place is left" in full.text.en else full.text.en)


def test_fifty_at_once_on_three_places(database: Engine) -> None:
    gate, found = Barrier(50), list[str]()
    threads = [
        Thread(target=told, args=(database, f"person-{n}", NINE, gate, found)) for n in range(50)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert Counter(found) == {"booked": 3, "full": 47}
    assert (taken(database), bookings(database)) == ([3], 3)


def test_one_person_at_once_in_twenty_windows_of_a_browser(database: Engine) -> None:
    gate, found = Barrier(20), list[Booking]()

    def go() -> None:
        gate.wait()
        found.append(booked(database))

    threads = [Thread(target=go) for _ in range(20)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 20 and len(set(found)) == 1
    assert (taken(database), bookings(database)) == ([1], 1)


def test_a_larger_counter_serves_more_at_once(database: Engine) -> None:
    for name in ("a", "b", "c"):
        booked(database, name)
    assert booked(database, "d", at=counter(capacity=4)).state == "booked"
    with pytest.raises(Conflict):
        booked(database, "e", at=counter(capacity=2))
    assert taken(database) == [4], "a smaller one sends nobody away who was booked"


@pytest.mark.parametrize(
    "change",
    [
        {"hours": [{"from": "12:00", "to": "09:00"}]},
        {"hours": [{"from": "09:00", "to": "12:00"}, {"from": "11:00", "to": "13:00"}]},
        {"hours": [{"from": "9:00", "to": "12:00"}]},
        {"capacity": 0},
        {"minutes": 0},
        {"telephone": "ring us"},
    ],
)
def test_a_counter_that_makes_no_sense_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="."):
        counter(**change)


def test_the_demo_has_two_counters() -> None:
    assert {one.id: one.organisation for one in appointment_counters().values()} == {
        "low_income": "113399001001548082",
        "medical_transfer": "113399001001041148",
    }


def test_by_a_mandate_for_services_nobody_learns_what_else_is_booked(database: Engine) -> None:
    """That the time is taken is said, and neither the number nor that it could be cancelled."""
    theirs = booked(database)
    with transaction(database) as session, pytest.raises(Conflict) as taken_already:
        known = read_calendar(database)
        said = {"person": "s1_wang", "sub": "p-agent", "now": NOW}
        book(session, OTHER, known, MONDAY, NINE, **said, told=lambda one: one == "other")  # type: ignore[arg-type]
    text = taken_already.value.text
    assert theirs.number not in text.zh + text.en and "取消" not in text.zh
    with pytest.raises(Conflict, match=theirs.number):
        booked(database, at=OTHER)
