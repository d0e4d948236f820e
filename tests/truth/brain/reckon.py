"""Adds up the accepted rows and answers a query written in neutral words, exactly."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.truth.brain import periods
from tests.truth.brain.measures import MEASURES, Measure
from tests.truth.brain.periods import Period
from tests.truth.brain.raw import CODES, Counts, Row, accepted

NO_TIME = date(1, 1, 1)
Key = tuple[str, ...]
Cube = dict[str, dict[date, dict[Key, list[Decimal]]]]
Query = dict[str, Any]
Answer = dict[str, Any]


def exact(value: Fraction | None) -> str | None:
    """A decimal in full where it ends, else rounded half to even at six places."""
    if value is None:
        return None
    rest = value.denominator
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
    if rest == 1:
        number = Decimal(value.numerator) / Decimal(value.denominator)
        return format(number.normalize() + 0, "f")
    return rounded(value, 6, ROUND_HALF_EVEN)


def rounded(value: Fraction, places: int, how: str = ROUND_HALF_UP) -> str:
    """Rounded; halves away from zero unless said otherwise."""
    scaled = value * 10**places
    whole = scaled.numerator // scaled.denominator
    rest = scaled - whole
    half = Fraction(1, 2)
    up = rest > half or (rest == half and (whole % 2 == 1 if how == ROUND_HALF_EVEN else value > 0))
    return format(Decimal(whole + int(up)).scaleb(-places), "f")


@dataclass(frozen=True)
class Sum:
    """What a metric came to in some places and days."""

    top: Decimal
    bottom: Decimal
    rows: int
    missing: int
    known: bool = True
    """Whether no rows mean zero: not outside of what the file covers, nor where cells are due."""

    def value(self, measure: Measure) -> Fraction | None:
        if self.rows == 0 and not self.known:
            return None
        total = Fraction(self.top) * Fraction(measure.scale)
        if measure.bottom is None:
            return total
        return None if self.bottom == 0 else total / Fraction(self.bottom)


def places(parent: str, level: str = "county") -> list[str]:
    """The cities or counties within a place, itself included where it is of that level."""
    lines = (CODES / "divisions.csv").read_text(encoding="utf-8").splitlines()[1:]
    found = []
    for line in lines:
        cells = line.split(",")
        code, kind, above = cells[0], cells[-2], cells[-1]
        within = parent == "330000" or parent in (code, above)
        if kind == level and within:
            found.append(code)
    return found


class Province:
    """The accepted rows of the departments' files, added up on demand."""

    def __init__(self, folder: Path, today: date) -> None:
        self.folder, self.today = folder, today
        self.counts: dict[str, Counts] = {}
        self._cubes: dict[str, Cube] = {}
        self._rows: dict[str, list[Row]] = {}

    def rows(self, dataset: str) -> list[Row]:
        """All accepted rows of a dataset, for queries that join."""
        if dataset not in self._rows:
            self._rows[dataset] = list(self._accepted(dataset))
        return self._rows[dataset]

    def _accepted(self, dataset: str) -> Iterable[Row]:
        self.counts[dataset] = Counts()
        return accepted(self.folder, dataset, self.counts[dataset])

    def load(self, dataset: str) -> None:
        """Read the dataset's file once and add up every metric made of it."""
        metrics = {name: one for name, one in MEASURES.items() if one.dataset == dataset}
        for name in metrics:
            self._cubes[name] = {}
        source = self._rows[dataset] if dataset in self._rows else self._accepted(dataset)
        for row in source:
            for name, measure in metrics.items():
                if measure.keep(row):
                    _count(self._cubes[name], measure, row)

    def cube(self, metric: str) -> Cube:
        if metric not in self._cubes:
            self.load(MEASURES[metric].dataset)
        return self._cubes[metric]

    def total(
        self, metric: str, counties: list[str], period: Period | None, where: dict[str, Any]
    ) -> Sum:
        """The sum over counties and days; of a stock that at the period's end."""
        measure, cube = MEASURES[metric], self.cube(metric)
        days = [NO_TIME] if measure.time is None or period is None else _days(measure, period)
        top = bottom = Decimal(0)
        rows = 0
        for county in counties:
            by_day = cube.get(county, {})
            for day in days:
                for key, (above, below, n) in by_day.get(day, {}).items():
                    if _meets(measure, key, where):
                        top, bottom, rows = top + above, bottom + below, rows + int(n)
        known = not measure.cells and covered(metric, period, self.today)
        return Sum(top, bottom, rows, self._missing(metric, counties, period, where), known)

    def _missing(
        self, metric: str, counties: list[str], period: Period | None, where: dict[str, Any]
    ) -> int:
        """How many cells that must be reported have no record at all."""
        measure, cube = MEASURES[metric], self.cube(metric)
        if not measure.cells:
            return 0
        due = [county for county in counties if county not in measure.without]
        if measure.cells == "load" or period is None:
            return sum(county not in cube for county in due)
        starts = [one.first for one in periods.split(period, measure.cells)]
        starts = [day for day in starts if day < self.today]
        if measure.stock:
            starts = [min(period.last, self.today - periods.DAY)]
        kinds: list[dict[str, Any]] = [{}]
        for name, values in measure.cells_by.items():
            asked = where.get(name, values)
            kinds = [{name: one} for one in values if one == asked or one in asked]
        return sum(
            not any(_meets(measure, key, kind) for key in cube.get(county, {}).get(day, {}))
            for county in due
            for day in starts
            for kind in kinds
        )


def _count(cube: Cube, measure: Measure, row: Row) -> None:
    moment = row[measure.time] if measure.time else NO_TIME
    day = moment.date() if isinstance(moment, datetime) else moment
    assert isinstance(day, date)
    key = tuple(str(row[name]) for name in measure.by)
    cell = cube.setdefault(str(row[measure.place]), {}).setdefault(day, {})
    sums = cell.setdefault(key, [Decimal(0), Decimal(0), Decimal(0)])
    sums[0] += measure.top(row)
    sums[1] += measure.bottom(row) if measure.bottom else 0
    sums[2] += 1


def _days(measure: Measure, period: Period) -> list[date]:
    if not measure.stock:
        return [one.first for one in periods.split(period, "day")]
    last = periods.split(period, "month" if measure.grain == "month" else "day")[-1]
    return [last.first]


def _meets(measure: Measure, key: Key, where: dict[str, Any]) -> bool:
    values = dict(zip(measure.by, key, strict=True))
    return all(
        values[name] in wanted if isinstance(wanted, list) else values[name] == wanted
        for name, wanted in where.items()
    )


STARTS_DAYS = {
    "hb_air_quality_hourly": 90,
    "jt_bus_flow": 90,
    "wj_hospital_beds": 180,
    "sl_reservoir_levels": 360,
    "hb_water_sections": 360,
    "zj_parking_occupancy": 14,
    "fg_power_daily": 720,
    "yb_hospital_visits": 365,
    "zw_hotline_tickets": 365,
    "zw_service_cases": 365,
    "zw_ratings": 365,
    "sg_inspections": 730,
    "fg_penalties": 1820,
    "sg_permits": 1101,
}
"""How many days back each department's file begins: found by looking at the files."""


def window(dataset: str, today: date) -> Period:
    """The days a file covers; what lies before its first day is a stray row."""
    last_month = periods.said("last_month", today)
    last_quarter = periods.said("last_quarter", today)
    special = {
        "jx_industrial_output": Period(date(today.year - 5, 1, 1), last_month.last),
        "tj_county_economy": Period(date(today.year - 5, 1, 1), last_quarter.last),
        "sw_tax_payments": periods.said("last_4_quarters", today),
        "rs_social_insurance": periods.said("last_6_months", today),
        "fg_credit_evaluations": last_month,
        "mz_elder_care": last_quarter,
        "sg_firms": Period(date(2000, 1, 1), today - periods.DAY),
    }
    if dataset in special:
        return special[dataset]
    return Period(today - periods.DAY * STARTS_DAYS.get(dataset, 1), today - periods.DAY)


def covered(metric: str, period: Period | None, today: date) -> bool:
    """Whether the department's file covers the whole period."""
    measure = MEASURES[metric]
    if measure.time is None or period is None:
        return True
    whole = window(measure.dataset, today)
    return whole.first <= period.first and period.last <= whole.last
