"""Each year is kept under its versions; the newest is in force."""

from datetime import UTC, date, datetime, timedelta

from xihu_platform.start import Node
from xihu_platform.statute.calendar import CalendarDay, CalendarYear, DayKind
from xihu_platform.statute.published import (
    CalendarYearRow,
    list_published,
    publish_year,
    read_calendar,
    seed_years,
)
from xihu_platform.words import Text

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def year(number: int, *days: tuple[str, DayKind], source: str = "notice") -> CalendarYear:
    named = (
        CalendarDay(date.fromisoformat(f"{number}-{day}"), kind, Text("节", "day"))
        for day, kind in days
    )
    return CalendarYear(number, source, tuple(named))


FIRST = year(2027, ("01-01", "holiday"), ("02-05", "holiday"), ("02-07", "worked"))
CHANGED = year(2027, ("01-01", "holiday"), ("02-08", "holiday"))


def test_a_day_counts_as_the_newest_version_says(node: Node) -> None:
    assert publish_year(node.database, FIRST, lambda: NOW) == 1
    assert publish_year(node.database, CHANGED, lambda: NOW) == 2
    calendar = read_calendar(node.database)
    assert calendar.versions == {2027: 2}
    days = (date(2027, 2, 5), date(2027, 2, 7), date(2027, 2, 8))
    assert [calendar.is_working_day(day) for day in days] == [
        *((True, False), (False, False), (False, False))
    ]


def test_the_same_arrangement_again_is_no_change_whatever_the_order_of_its_days(
    node: Node,
) -> None:
    publish_year(node.database, FIRST, lambda: NOW)
    again = CalendarYear(FIRST.year, FIRST.source, FIRST.days[::-1])
    assert publish_year(node.database, again, lambda: NOW + timedelta(days=1)) is None
    (found,) = list_published(node.database)
    assert (found.arrangement, found.version, found.since) == (FIRST, 1, NOW)


def test_another_document_for_the_same_days_is_a_new_version(node: Node) -> None:
    publish_year(node.database, FIRST, lambda: NOW)
    renamed = CalendarYear(FIRST.year, "another notice", FIRST.days)
    assert publish_year(node.database, renamed, lambda: NOW) == 2


def test_an_empty_database_is_seeded_once_and_another_stays_as_it_is(node: Node) -> None:
    seed_years(node.database, lambda: [FIRST, year(2028, ("01-01", "holiday"))], lambda: NOW)
    seed_years(node.database, lambda: [CHANGED, year(2029, ("01-01", "holiday"))], lambda: NOW)
    assert {one.arrangement.year: one.version for one in list_published(node.database)} == {
        2027: 1,
        2028: 1,
    }
    assert list_published(node.database)[0].arrangement == FIRST


def test_years_before_the_one_asked_for_are_not_read(node: Node) -> None:
    for one in (FIRST, year(2028, ("01-01", "holiday"))):
        publish_year(node.database, one, lambda: NOW)
    calendar = read_calendar(node.database, since=2028)
    assert calendar.versions == {2028: 1}
    assert calendar.is_working_day(date(2027, 2, 8)) == (True, True)


def test_an_opened_installation_has_the_registrys_years(node: Node) -> None:
    from xihu_catalog.start import open_contracts

    open_contracts(node)
    open_contracts(node)
    published = list_published(node.database)
    assert [one.arrangement.year for one in published] == list(range(2004, 2027))
    assert {one.version for one in published} == {1}
    assert read_calendar(node.database).is_working_day(date(2026, 2, 14)) == (True, False)
    assert CalendarYearRow.__tablename__ == "calendar_year"
