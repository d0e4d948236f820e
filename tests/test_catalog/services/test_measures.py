"""Figures of services against counts made by hand on the official calendar of November 2026."""

from datetime import date

import pytest
from sqlalchemy import false, null, select, update

from tests.test_catalog.services.test_cases import FIRM, KEYS, PERSON, Office, handlers, office
from xihu_catalog.services import measures
from xihu_catalog.services.items import service_items
from xihu_catalog.services.measures import CaseMeasures, Measured, case_measures
from xihu_catalog.services.models import CaseMeasureRow
from xihu_catalog.services.ratings import find_rating, rate
from xihu_platform.database import transaction
from xihu_platform.matters.models import MatterEventRow
from xihu_platform.statute.published import read_calendar

__all__ = ["office"]  # a fixture
BODY = "113399001001548082"
CHEN = "chen-xihu"


def measured(office: Office, today: date) -> list[CaseMeasures]:
    calendar = read_calendar(office.node.database)
    with transaction(office.node.database) as session:
        return case_measures(session, calendar, today, organisation=BODY)


def granted(office: Office, sent: date, on: date, delivered: date) -> int:
    """Accepted when it was handed in; the promise is one working day from then."""
    office.on(sent)
    case = office.sent("elder_card")
    office.act(case, CHEN, "accept")
    office.on(on)
    office.act(case, CHEN, "grant")
    office.on(delivered)
    office.act(case, CHEN, "deliver")
    return case


def rated(office: Office, case: int, level: int) -> int:
    rate(office.matters, PERSON, case, level, "", f"measure-{next(KEYS):06d}")
    with transaction(office.node.database) as session:
        found = find_rating(session, office.matters.texts, case)
    assert found is not None and found.followed_by is not None
    return found.followed_by


@pytest.fixture
def cases(office: Office) -> list[int]:
    """Monday the 23rd to Tuesday the 1st: decided after 1, 5 and 0 working days, and one that was
    refused on the Monday after the Friday; one withdrawn; one not handed in."""
    first = granted(office, date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25))
    late = granted(office, date(2026, 11, 23), date(2026, 11, 30), date(2026, 12, 1))
    office.on(date(2026, 11, 24))
    at_once = office.sent("elder_card")
    office.act(at_once, CHEN, "grant_at_once")
    office.act(at_once, CHEN, "deliver")
    office.on(date(2026, 11, 27))
    refused, withdrawn = office.sent("elder_card"), office.sent("elder_card")
    office.act(withdrawn, PERSON, "withdraw")
    office.begin("elder_card")
    office.on(date(2026, 11, 30))
    office.act(refused, CHEN, "reject", reason="未满六十周岁", article="办法")
    return [first, late, at_once, refused, withdrawn]


def test_cases_are_counted_by_hand(office: Office, cases: list[int]) -> None:
    (found,) = measured(office, date(2026, 12, 2))
    assert found.of == "elder_card"
    assert found.on_time == Measured(3, 4, 4)  # its promise is one working day; one took five
    assert found.on_time.percent == 75.0 and not found.on_time.published
    assert found.days == 1.0  # 0, 1, 1, 5
    assert found.decided == Measured(4, 5, 5)
    assert found.channels == {"portal": 5, "system": 0, "counter": 0}
    assert found.rectified == Measured(0, 0, 0)


def test_visits_are_told_of_cases_that_were_counted(office: Office, cases: list[int]) -> None:
    """Each brings its papers to the counter; one is made to bring none, one not to be known."""
    assert measured(office, date(2026, 12, 2))[0].no_visit == Measured(0, 5, 5)
    row = CaseMeasureRow
    with transaction(office.node.database) as session:
        session.execute(update(row).where(row.matter == cases[0]).values(counter=0))
        session.execute(update(row).where(row.matter == cases[1]).values(counter=None))
    assert measured(office, date(2026, 12, 2))[0].no_visit == Measured(1, 4, 5)


def test_bad_ratings_are_put_right_in_time_or_not(office: Office, cases: list[int]) -> None:
    office.on(date(2026, 12, 1))
    first, _ = rated(office, cases[0], 4), rated(office, cases[1], 5)
    office.on(date(2026, 12, 3))
    office.act(first, CHEN, "rectify", {"measures": "已重新办理"})
    (found,) = measured(office, date(2026, 12, 4))
    assert found.rectified == Measured(1, 1, 2)  # the other one's period runs
    (found,) = measured(office, date(2027, 3, 1))
    assert found.rectified == Measured(1, 2, 2)


def test_the_median_of_two_is_between_them(office: Office) -> None:
    granted(office, date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 24))
    granted(office, date(2026, 11, 24), date(2026, 11, 26), date(2026, 11, 26))
    assert measured(office, date(2026, 12, 2))[0].days == 1.5


def test_nothing_is_counted_where_nothing_was_handed_in(office: Office) -> None:
    office.begin("elder_card")
    assert measured(office, date(2026, 12, 2)) == []


def test_a_first_case_handed_in_between_two_questions_has_no_figures_yet(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each question sees what is there when it is asked: the first did not know of the case."""
    office.on(date(2026, 11, 23))
    office.sent("elder_card")
    monkeypatch.setattr(measures, "_on_time", lambda _cases: select(null()).where(false()))
    (one,) = measured(office, date(2026, 11, 23))
    assert (one.of, one.on_time, one.no_visit.every) == ("elder_card", Measured(), 1)


def test_the_same_cases_are_counted_by_office_and_by_place(
    office: Office, cases: list[int]
) -> None:
    """And one of another office and place, of which nothing is decided."""
    office.on(date(2026, 12, 2))
    office.sent("care_elsewhere", answers="long_stay=no referred=no")
    calendar = read_calendar(office.node.database)
    with transaction(office.node.database) as session:
        found = {
            by: case_measures(session, calendar, date(2026, 12, 2), by=by)
            for by in ("organisation", "place")
        }
    for by, of in (
        ("organisation", ["113399001001041148", BODY]),
        ("place", ["330000", "330106"]),
    ):
        assert [one.of for one in found[by]] == of
        other, ours = found[by]
        assert (ours.on_time, ours.days, ours.no_visit.every) == (Measured(3, 4, 4), 1.0, 5)
        assert (other.days, other.no_visit.every, other.channels["portal"]) == (None, 1, 1)


def test_days_of_portal_and_counter_stand_side_by_side(office: Office) -> None:
    """One of the portal took a working day, one of the counter two."""
    granted(office, date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 24))
    at_counter = granted(office, date(2026, 11, 24), date(2026, 11, 26), date(2026, 11, 26))
    event = MatterEventRow
    with transaction(office.node.database) as session:
        began = update(event).where(event.matter == at_counter, event.seq == 1)
        session.execute(began.values(position=CHEN))
    (found,) = measured(office, date(2026, 12, 2))
    assert found.waits == {"portal": (1.0, 1), "counter": (2.0, 1)}
    assert found.channels == {"portal": 1, "system": 0, "counter": 1}


def test_papers_that_followed_are_counted_of_those_whose_time_is_over(office: Office) -> None:
    """Of three cases accepted with papers to follow: one had them at the counter, one waits, and
    one's acceptance is revoked once the days are over."""
    office.on(date(2026, 11, 23))
    sent = [office.sent("food_permit", FIRM) for _ in range(3)]
    (handler, *_) = handlers(office, office.ground(sent[0]).organisation)
    item = service_items()["food_permit"]
    paper = next(one.id for one in item.materials if one.deferrable_days)
    for case in sent:
        office.act(case, handler, "accept_tolerant", {"deferred": [paper]})
    office.act(sent[0], handler, "papers_came")
    office.on(date(2027, 3, 1))
    office.act(sent[2], handler, "revoke_acceptance", reason="未补齐", article="第十一条")
    calendar = read_calendar(office.node.database)
    with transaction(office.node.database) as session:
        (found,) = case_measures(session, calendar, date(2027, 3, 1), item="food_permit")
    assert found.followed == Measured(1, 2, 3)


def test_bad_ratings_are_called_back_or_not(office: Office, cases: list[int]) -> None:
    """Two are put right, and after one of them a colleague called."""
    office.on(date(2026, 12, 1))
    first, second = rated(office, cases[0], 4), rated(office, cases[1], 5)
    rated(office, cases[2], 4)
    for one in (first, second):
        office.act(one, CHEN, "rectify", {"measures": "已重新办理"})
    office.act(first, "pan-xihu", "call_back", {"said": "满意"})
    (found,) = measured(office, date(2026, 12, 4))
    assert found.called_back == Measured(1, 2, 3)
