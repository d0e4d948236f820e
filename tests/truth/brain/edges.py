"""Answers to queries of the small made-up table: edges of time, and districts that changed."""

import csv
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from tests.truth.brain import periods
from tests.truth.brain.raw import HERE, codes
from tests.truth.brain.reckon import Answer, exact

SHANGHAI = timezone(timedelta(hours=8))
"""No summer time in any year of the table."""
CHANGED = date(2021, 4, 9)
HANGZHOU_ENDED = {"330103": "330105", "330104": ""}
"""Ended on the day of change: 下城 went to 拱墅 whole, 江干 was divided."""
DIVIDED_BEFORE = ("330109", "330110")
"""Codes in force on both sides of the day that lost a part of their area on it."""


@dataclass(frozen=True)
class Event:
    number: str
    moment: datetime
    county: str
    town: str
    amount: Decimal

    @property
    def day(self) -> date:
        return self.moment.date()


def _moment(text: str) -> datetime:
    """Civil time of Shanghai, without a zone; a named zone raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).astimezone(SHANGHAI).replace(tzinfo=None)
    return moment


@lru_cache
def table() -> tuple[tuple[Event, ...], dict[str, str]]:
    """The events that count, and of each other row why it does not."""
    found: list[Event] = []
    rejected: dict[str, str] = {}
    with (HERE / "edge_rows.csv").open(encoding="utf-8", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=1):
            label = f"{row['event_no']} (row {line})"
            try:
                moment = _moment(row["moment"])
            except ValueError:
                rejected[label] = "moment"
                continue
            if row["county_code"] not in codes("divisions") | HANGZHOU_ENDED.keys():
                rejected[label] = "county_code"
            elif row["event_no"] in {one.number for one in found}:
                rejected[label] = "repeated key"
            else:
                amount = Decimal(row["amount"])
                event = Event(row["event_no"], moment, row["county_code"], row["town"], amount)
                found.append(event)
    return tuple(found), rejected


@lru_cache
def towns() -> dict[str, str]:
    with (HERE / "edge_towns.csv").open(encoding="utf-8", newline="") as file:
        return {row["town"]: row["county_today"] for row in csv.DictReader(file)}


def by_codes(event: Event) -> str:
    """Today's county by code and date alone; empty where the area was divided."""
    if event.county in HANGZHOU_ENDED:
        return HANGZHOU_ENDED[event.county]
    if event.county in DIVIDED_BEFORE and event.day < CHANGED:
        return ""
    return event.county


def by_towns(event: Event) -> str:
    """Today's county, by the town where the code does not say."""
    return by_codes(event) or towns().get(event.town, "")


def _count(events: list[Event]) -> Answer:
    return {"value": str(len(events))}


def _sum(events: list[Event]) -> Answer:
    amount = sum((one.amount for one in events), Decimal(0))
    return {"value": exact(Fraction(amount)), "rows": len(events)}


def _parts(text: str, unit: str) -> dict[str, list[Event]]:
    return {
        periods.name(part, unit): [one for one in table()[0] if part.first <= one.day <= part.last]
        for part in periods.split(periods.parse(text), unit)
    }


def _grouped(names: list[str]) -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    for name, number in sorted((name, names.count(name)) for name in set(names)):
        found[name or "not attributable"] = {"value": str(number)}
    return found


def _against(now: list[Event], before: list[Event]) -> Answer:
    one, other = (sum((e.amount for e in some), Decimal(0)) for some in (now, before))
    moved = (Fraction(one) - Fraction(other)) / Fraction(other) * 100
    return {"value": exact(Fraction(one)), "before": exact(Fraction(other)), "by": exact(moved)}


def _within(text: str) -> list[Event]:
    period = periods.parse(text)
    return [one for one in table()[0] if period.first <= one.day <= period.last]


def answers() -> dict[str, Answer]:
    """The twelve answers, by the id of their query."""
    events, rejected = table()
    spring, before = _within("2021-04..2021-06"), _within("2020-04..2020-06")
    days = _parts("2021-03-30..2021-04-02", "day")
    hours = [f"{one.moment.hour:02d}" for one in events]
    quarters = [*_parts("2020..2021", "quarter").items()]
    assert all(one < other for (one, _), (other, _) in pairwise(quarters))
    return {
        "M079": {"groups": {name: _count(some) for name, some in days.items()}},
        "M080": {
            "groups": {name: _sum(one) for name, one in _parts("2020-12..2021-06", "month").items()}
        },
        "M081": {
            "groups": {name: _count(one) for name, one in _parts("2020..2021", "year").items()}
        },
        "M082": {"groups": {hour: {"value": str(hours.count(hour))} for hour in ("00", "23")}},
        "M083": {"groups": _grouped([one.county for one in events])},
        "M084": {"groups": _grouped([by_codes(one) for one in events])},
        "M085": {"groups": _grouped([by_towns(one) for one in events])},
        "M086": _against(
            [one for one in spring if by_towns(one) == "330102"],
            [one for one in before if by_towns(one) == "330102"],
        ),
        "M087": _against(
            [one for one in spring if one.county == "330110"],
            [one for one in before if one.county == "330110"],
        )
        | {"comparable": False},
        "M088": {"groups": {name: _sum(some) for name, some in quarters}},
        "M089": _count(_within("2020-02-29")) | {"a_year_later": None},
        "M090": {"groups": {name: {"value": rule} for name, rule in rejected.items()}},
    }
