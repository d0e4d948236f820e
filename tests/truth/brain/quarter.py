"""Writes a made-up quarter and the two years before it: `python -m tests.truth.brain.quarter OUT`.

Standard library alone, the same bytes each time. Events and ordinary irregularities are those of
`quarter.yaml` (a JSON text with comments above it); nothing else is unusual in the quarter, and the
two years before have outliers and gaps as often as it has.
"""

import csv
import json
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from math import cos, exp, pi
from pathlib import Path
from random import Random
from typing import Any

HERE = Path(__file__).parent
FIRST, START, LAST = date(2025, 1, 1), date(2027, 1, 1), date(2027, 3, 31)
SEED = 20261130
DAY = timedelta(days=1)
FESTIVALS = {2025: date(2025, 1, 29), 2026: date(2026, 2, 17), 2027: date(2027, 2, 6)}
HOLIDAYS = (
    (date(2025, 1, 1), 1),
    (date(2025, 1, 28), 8),
    (date(2025, 4, 4), 3),
    (date(2025, 5, 1), 5),
    (date(2025, 5, 31), 3),
    (date(2025, 10, 1), 8),
    (date(2026, 1, 1), 3),
    (date(2026, 2, 15), 9),
    (date(2026, 4, 4), 3),
    (date(2026, 5, 1), 5),
    (date(2026, 6, 19), 3),
    (date(2026, 9, 25), 3),
    (date(2026, 10, 1), 7),
    (date(2027, 1, 1), 3),
    (date(2027, 2, 5), 8),
)
"""First day and length. Those of 2027 are made up: they were not announced yet."""
WORKED = {
    date(2025, 1, 26),
    date(2025, 2, 8),
    date(2025, 4, 27),
    date(2025, 9, 28),
    date(2025, 10, 11),
    date(2026, 1, 4),
    date(2026, 2, 14),
    date(2026, 2, 28),
    date(2026, 5, 9),
    date(2026, 9, 20),
    date(2026, 10, 10),
    date(2027, 1, 31),
    date(2027, 2, 20),
}
"""Weekend days that are worked in exchange for a holiday."""
OFF = frozenset(start + DAY * n for start, length in HOLIDAYS for n in range(length))
CITIES = {
    "330100": 1.25,
    "330200": 0.98,
    "330300": 1.0,
    "330400": 0.57,
    "330500": 0.36,
    "330600": 0.56,
    "330700": 0.74,
    "330800": 0.24,
    "330900": 0.13,
    "331000": 0.69,
    "331100": 0.26,
}


@dataclass(frozen=True)
class Series:
    """How an indicator runs: its classes and their size, and what the calendar does to it."""

    classes: dict[str, float]
    weekend: float
    holiday: float
    dip: float
    """How deep Spring Festival cuts; below 0 it lifts."""
    season: float
    peak: int
    """Day of the year of the highest season."""
    growth: float
    noise: float
    carry: float = 0.3
    decimals: int = 0
    by_size: bool = True


DAILY = {
    "hotline_tickets": Series(
        {"traffic": 260, "noise": 190, "property": 310, "market": 280, "wage": 120},
        0.68, 0.55, 0.25, 0.08, 200, 0.05, 0.06,
    ),
    "service_cases": Series(
        {"app": 2300, "web": 900, "window": 1100, "machine": 240},
        0.22, 0.08, 0.45, 0.05, 150, 0.09, 0.05,
    ),
    "hospital_visits": Series(
        {"outpatient": 8200, "emergency": 900, "inpatient": 640},
        0.74, 0.62, 0.35, 0.10, 10, 0.03, 0.045,
    ),
    "beds_taken": Series({"3": 7900, "2": 5200}, 0.94, 0.90, 0.22, 0.05, 10, 0.01, 0.012, 0.6),
    "power_use": Series(
        {"primary": 38.0, "industry": 2650.0, "service": 780.0, "household": 760.0},
        0.93, 0.90, 0.30, 0.14, 205, 0.045, 0.02, 0.5, 2,
    ),
    "bus_passengers": Series(
        {"peak": 210000, "off_peak": 160000}, 0.70, 0.66, 0.45, 0.03, 300, 0.01, 0.035,
    ),
    "parking_occupied": Series(
        {"public": 5200, "hospital": 2100, "mall": 3300, "roadside": 2900},
        1.04, 1.05, 0.20, 0.02, 300, 0.02, 0.03,
    ),
    "new_firms": Series(
        {"C": 46, "F": 88, "I": 31, "L": 40}, 0.15, 0.05, 0.5, 0.06, 80, 0.06, 0.10,
    ),
    "pm25_mean": Series(
        {"urban": 31.0, "suburb": 26.0}, 1.0, 0.97, -0.08, 0.36, 15, -0.02, 0.20, 0.65, 1, False
    ),
}  # fmt: skip
MONTHLY = {"industrial_output": 96.0, "retail_sales": 31.0, "tax_paid": 4.6}
Rule = dict[str, Any]
Cell = tuple[str, str, str]
Values = dict[Cell, dict[date, float]]


def rules() -> list[Rule]:
    """Events and irregularities of `quarter.yaml`, in its order."""
    lines = (HERE / "quarter.yaml").read_text(encoding="utf-8").splitlines()
    found = json.loads("\n".join(line for line in lines if not line.startswith("#")))
    assert isinstance(found, list)
    return found


def days(first: date, last: date) -> list[date]:
    return [first + DAY * n for n in range((last - first).days + 1)]


def festival(day: date) -> float:
    """1 two days after the festival's first day, 0 far from it."""
    distance = min(abs((day - start).days - 2) for start in FESTIVALS.values())
    return exp(-((distance / 4.0) ** 2))


def calendar(series: Series, day: date) -> float:
    """What weekday, holiday and festival do to a day."""
    if day in OFF:
        factor = series.holiday
    else:
        factor = series.weekend if day.weekday() >= 5 and day not in WORKED else 1.0
    return factor * (1 - series.dip * festival(day))


def course(series: Series, day: date) -> float:
    """Season and trend."""
    years = (day - FIRST).days / 365.25
    season = 1 + series.season * cos(2 * pi * (day.timetuple().tm_yday - series.peak) / 365.25)
    return float((1 + series.growth) ** years * season)


def _wander(random: Random, series: Series, count: int) -> list[float]:
    """Noise that carries over from day to day, with the series' deviation."""
    fresh = series.noise * (1 - series.carry**2) ** 0.5
    found, level = [], random.gauss(0, series.noise)
    for _ in range(count):
        level = series.carry * level + random.gauss(0, fresh)
        found.append(level)
    return found


def daily() -> Values:
    """The ordinary course of every daily series, before events."""
    span = days(FIRST, LAST)
    found: Values = {}
    for name, series in DAILY.items():
        shape = [calendar(series, day) * course(series, day) for day in span]
        for city, size in CITIES.items():
            shared = _wander(Random(f"{SEED} {name} {city}"), series, len(span))
            for kind, level in series.classes.items():
                own = _wander(Random(f"{SEED} {name} {city} {kind}"), series, len(span))
                base = level * (size if series.by_size else 0.8 + 0.3 * size)
                found[name, city, kind] = {
                    day: base * part * exp(0.6 * one + 0.8 * other)
                    for day, part, one, other in zip(span, shape, shared, own, strict=True)
                }
    return found


def _cells(rule: Rule) -> list[Cell]:
    return [
        (one["indicator"], city, kind)
        for one in rule["where"]
        for city in one.get("cities", CITIES)
        for kind in one.get("classes", DAILY[one["indicator"]].classes)
    ]


def _span(rule: Rule) -> list[date]:
    return days(date.fromisoformat(rule["from"]), date.fromisoformat(rule["to"]))


def _change(values: Values, rule: Rule) -> None:
    """What an event or an outlier does to the values of its days."""
    effect = rule["effect"]
    for cell in _cells(rule):
        course_ = values[cell]
        for n, day in enumerate(_span(rule)):
            if effect == "scale":
                course_[day] *= rule["factor"]
            elif effect == "drift":
                course_[day] *= (1 + rule["per_day"]) ** (n + 1)
            elif effect == "stuck":
                course_[day] = course_[_span(rule)[0]]
            elif effect == "no_dip":
                series = DAILY[cell[0]]
                course_[day] /= calendar(series, day)
    if effect == "share":
        indicator, city = rule["where"][0]["indicator"], rule["where"][0]["cities"][0]
        for day in _span(rule):
            kinds = DAILY[indicator].classes
            total = sum(values[indicator, city, kind][day] for kind in kinds)
            values[indicator, city, rule["loser"]][day] -= total * rule["points"] / 100
            values[indicator, city, rule["winner"]][day] += total * rule["points"] / 100


def _history(random: Random, values: Values) -> set[tuple[Cell, date]]:
    """Outliers and gaps of the two years before; the gaps are returned."""
    cells, past = sorted(values), days(FIRST, START - DAY)
    for _ in range(130):
        cell, day = random.choice(cells), random.choice(past)
        away = random.choice((-1, 1)) * random.uniform(2.0, 3.2)
        values[cell][day] *= 1 + away * DAILY[cell[0]].noise
    return {(random.choice(cells), random.choice(past)) for _ in range(114)}


def _received(day: date, delay: int) -> str:
    return (day + DAY * (1 + delay)).isoformat()


def _show(name: str, value: float) -> str:
    places = DAILY[name].decimals
    return f"{max(value, 0):.{places}f}"


def _write(path: Path, header: list[str], rows: list[list[str]]) -> str:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return sha256(path.read_bytes()).hexdigest()


def write_daily(folder: Path) -> dict[str, str]:
    """daily.csv and revisions.csv."""
    values, listed = daily(), [one for one in rules() if "effect" in one]
    gaps = _history(Random(f"{SEED} history"), values)
    delays: dict[tuple[Cell, date], int] = {}
    revised: list[list[str]] = []
    for rule in listed:
        if rule.get("cycle") == "month":
            continue
        marks = [(cell, day) for cell in _cells(rule) for day in _span(rule)]
        if rule["effect"] == "missing":
            gaps |= set(marks)
        elif rule["effect"] == "late":
            delays.update((mark, int(rule["days"])) for mark in marks)
        elif rule["effect"] == "revision":
            for cell, day in marks:
                final = _show(cell[0], values[cell][day])
                values[cell][day] *= rule["factor"]
                revised.append([day.isoformat(), *cell, final, _received(day, rule["days"])])
        else:
            _change(values, rule)
    rows = [
        [day.isoformat(), *cell, _show(cell[0], value), _received(day, delays.get((cell, day), 0))]
        for cell, course_ in values.items()
        for day, value in course_.items()
        if (cell, day) not in gaps
    ]
    header = ["day", "indicator", "city", "class", "value", "received_on"]
    return {
        "daily.csv": _write(folder / "daily.csv", header, sorted(rows)),
        "revisions.csv": _write(folder / "revisions.csv", header, sorted(revised)),
    }


def counties() -> list[tuple[str, str]]:
    """County and city, of the registry's list."""
    path = HERE.parents[2] / "pipelines/xihu_pipelines/demo/registry/codes/divisions.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return [(row["code"], row["parent"]) for row in rows if row["level"] == "county"]


MONTH_SHAPE = (1.0, 0.92, 1.03, 1.0, 1.01, 1.03, 0.97, 0.98, 1.03, 1.01, 1.05, 1.09)
FESTIVAL_MONTHS = {
    (2025, 1): 0.86,
    (2025, 2): 0.97,
    (2026, 1): 1.01,
    (2026, 2): 0.80,
    (2027, 1): 0.96,
    (2027, 2): 0.84,
}


def write_monthly(folder: Path) -> dict[str, str]:
    """monthly.csv: three indicators by county."""
    places = counties()
    spread = {county: 0.5 + Random(f"{SEED} {county}").random() for county, _ in places}
    whole = {city: sum(spread[c] for c, parent in places if parent == city) for city in CITIES}
    months = [date(2025 + n // 12, n % 12 + 1, 1) for n in range(27)]
    listed = [one for one in rules() if one.get("cycle") == "month"]
    rows = []
    for name, level in MONTHLY.items():
        for n, month in enumerate(months):
            values = {}
            for county, city in places:
                noise = Random(f"{SEED} {name} {county} {n}").gauss(0, 0.025)
                shape = MONTH_SHAPE[n % 12] * FESTIVAL_MONTHS.get((month.year, month.month), 1.0)
                share = spread[county] / whole[city] * CITIES[city]
                values[county] = level * share * shape * 1.004**n * exp(noise) * 10
            for rule in listed:
                if rule["indicator"] == name and rule["from"] <= f"{month:%Y-%m}" <= rule["to"]:
                    _move(values, rule)
            received = (months[n] + DAY * 43).isoformat()
            for county, city in places:
                line = [f"{month:%Y-%m}", name, city, county, f"{values[county]:.3f}", received]
                rows.append(line)
    header = ["month", "indicator", "city", "county", "value", "received_on"]
    return {"monthly.csv": _write(folder / "monthly.csv", header, rows)}


def _move(values: dict[str, float], rule: Rule) -> None:
    """Take from one county and give to the others of its city: the city's total does not move."""
    city = rule["county"][:4] + "00"
    others = [county for county, parent in counties() if parent == city != county]
    others.remove(rule["county"])
    taken = values[rule["county"]] * rule["factor"]
    values[rule["county"]] -= taken
    rest = sum(values[one] for one in others)
    for one in others:
        values[one] *= 1 + taken / rest


def write(folder: Path) -> dict[str, str]:
    """All three files; the digest of each."""
    folder.mkdir(parents=True, exist_ok=True)
    return write_daily(folder) | write_monthly(folder)


if __name__ == "__main__":
    for name, digest in write(Path(sys.argv[1])).items():
        sys.stdout.write(f"{digest} {name}\n")
