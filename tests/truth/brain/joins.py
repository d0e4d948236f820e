"""Answers to the queries whose metric is not registered: rows counted and joined one by one."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import median

from tests.truth.brain import periods
from tests.truth.brain.raw import Cell, Row
from tests.truth.brain.reckon import Answer, Province, exact, places

CITIES = places("330000", "city")


def number(value: Cell) -> Fraction:
    """A number of a row, exactly; a missing one is 0."""
    assert value is None or isinstance(value, int | Decimal)
    return Fraction(value or 0)


def within(row: Row, field: str, text: str) -> bool:
    """Whether a row's day lies in a period."""
    value, period = row[field], periods.parse(text)
    day = value.date() if isinstance(value, datetime) else value
    return isinstance(day, date) and period.first <= day <= period.last


def city(row: Row) -> str:
    """The city of the row's county: its code with two zeros at the end."""
    return str(row["county_code"])[:4] + "00"


def ratio(top: Fraction, bottom: Fraction, scale: int = 1) -> Answer:
    return {"value": exact(top / bottom * scale) if bottom else None}


Rows = list[Row]
Measure = Callable[[Rows], Answer]


def by_city(rows: Iterable[Row], measure: Measure) -> Answer:
    """The measure of each city's rows, a city without rows included."""
    return by(rows, city, measure, CITIES)


def by(
    rows: Iterable[Row], key: Callable[[Row], str], measure: Measure, names: Iterable[str] = ()
) -> Answer:
    found: dict[str, Rows] = {name: [] for name in names}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return {"groups": {name: measure(found[name]) for name in sorted(found)}}


def total(field: str, scale: str = "1") -> Measure:
    return lambda rows: {
        "value": exact(sum((number(row[field]) for row in rows), Fraction(0)) * Fraction(scale)),
        "rows": len(rows),
    }


def quotient(top: str, bottom: str = "", scale: str = "1") -> Measure:
    """Sum over sum, or over the number of rows."""

    def measure(rows: Rows) -> Answer:
        above = sum((number(row[top]) for row in rows), Fraction(0)) * Fraction(scale)
        below = sum((number(row[bottom]) for row in rows), Fraction(0)) if bottom else len(rows)
        return ratio(above, Fraction(below))

    return measure


def distinct(field: str) -> Measure:
    return lambda rows: {"value": str(len({row[field] for row in rows}))}


def economy(province: Province) -> dict[str, Answer]:
    rows = province.rows("tj_county_economy")
    quarter = [row for row in rows if within(row, "quarter", "2026-Q3")]
    earlier = [row for row in rows if within(row, "quarter", "2025-Q3")]
    nine = [row for row in rows if within(row, "quarter", "2026-01..2026-09")]

    def weighted(some: Rows) -> Answer:
        known = [row for row in some if row["income_cny"] is not None]
        top = sum((number(r["income_cny"]) * number(r["residents"]) for r in known), Fraction(0))
        return ratio(top, sum((number(row["residents"]) for row in known), Fraction(0)))

    now, before = (total("investment_cny", "0.00000001")(some) for some in (quarter, earlier))
    moved = (Fraction(now["value"]) - Fraction(before["value"])) / Fraction(before["value"])
    cells = {"missing": 90 - len(quarter), "before_missing": 90 - len(earlier)}
    return {
        "M091": by_city(quarter, weighted),
        "M092": by_city(nine, total("revenue_cny", "0.00000001")),
        "M093": now | {"before": before["value"], "by": exact(moved * 100)} | cells,
    }


def firms(province: Province) -> dict[str, Answer]:
    rows = province.rows("sg_firms")
    active = [row for row in rows if row["status"] == "active"]
    new = [row for row in rows if within(row, "established_on", "2025")]
    penalties = province.rows("fg_penalties")
    year = [row for row in penalties if within(row, "decided_on", "2025-12..2026-11")]
    punished = {row["uscc"] for row in year}
    visits = province.rows("sg_inspections")
    visited = [row for row in visits if within(row, "inspected_on", "2025-12..2026-11")]
    often = _counts(visited)
    fined = [
        row
        for row in penalties
        if row["penalty_type"] == "fine" and within(row, "decided_on", "2025")
    ]

    def fine_per_firm(some: Rows) -> Answer:
        amount = sum((number(row["amount_cny"]) for row in some), Fraction(0)) / 10000
        return ratio(amount, Fraction(len({row["uscc"] for row in some})))

    def share(some: Rows) -> Answer:
        return ratio(
            Fraction(sum(row["uscc"] in punished for row in some)), Fraction(len(some)), 100
        )

    def visits_each(some: Rows) -> Answer:
        return ratio(Fraction(sum(often.get(row["uscc"], 0) for row in some)), Fraction(len(some)))

    return {
        "M094": by_city(new, total("registered_capital_cny", "0.00000001")),
        "M095": by(
            active,
            lambda row: str(row["org_type"]),
            quotient("registered_capital_cny", scale="0.0001"),
        ),
        "M096": by_city(year, distinct("uscc")),
        "M097": by_city(active, share),
        "M098": {"value": str(sum(n >= 3 for n in often.values()))},
        "M099": by_city(fined, fine_per_firm),
        "M101": by_city(active, visits_each),
    }


def _counts(rows: Rows) -> dict[Cell, int]:
    found: dict[Cell, int] = {}
    for row in rows:
        found[row["uscc"]] = found.get(row["uscc"], 0) + 1
    return found


def supervision(province: Province) -> dict[str, Answer]:
    """Inspections and penalties of the same firms, each counted once."""
    visits, penalties = province.rows("sg_inspections"), province.rows("fg_penalties")
    decided: dict[Cell, list[date]] = {}
    for row in penalties:
        decided.setdefault(row["uscc"], []).append(_day(row["decided_on"]))
    half = [row for row in visits if within(row, "inspected_on", "2026-01..2026-06")]
    ninety = timedelta(days=90)
    followed = {
        row["uscc"]
        for row in half
        for day in decided.get(row["uscc"], ())
        if _day(row["inspected_on"]) <= day <= _day(row["inspected_on"]) + ninety
    }
    often = _counts([row for row in visits if within(row, "inspected_on", "2025")])
    fines = [row for row in penalties if within(row, "decided_on", "2025")]
    hit = [row for row in fines if row["uscc"] in often]
    doubled = sum((number(r["amount_cny"]) * often[r["uscc"]] for r in hit), Fraction(0)) / 10000
    punished = _counts(fines)
    makers = [
        row
        for row in province.rows("sg_firms")
        if row["status"] == "active" and row["industry_section"] == "C"
    ]

    def both(some: Rows) -> Answer:
        return {
            "penalties": str(sum(punished.get(row["uscc"], 0) for row in some)),
            "inspections": str(sum(often.get(row["uscc"], 0) for row in some)),
        }

    return {
        "M100": {"value": str(len(followed))},
        "M102": total("amount_cny", "0.0001")(hit) | {"fan_out": exact(doubled)},
        "M103": by_city(makers, both),
    }


def _day(value: Cell) -> date:
    assert isinstance(value, date)
    return value


def people(province: Province) -> dict[str, Answer]:
    residents = province.rows("ga_residents")
    months = province.rows("rs_social_insurance")
    paid = [row for row in months if row["state"] == "paid"]
    november = {row["citizen_id"] for row in paid if within(row, "period", "2026-11")}
    working = [
        row for row in residents if date(1966, 11, 1) < _day(row["birth_date"]) <= date(2006, 11, 1)
    ]
    quarter = [row for row in paid if within(row, "period", "2026-Q3")]
    arrears = [row for row in months if row["state"] == "arrears"]

    def insured(some: Rows) -> Answer:
        met = sum(row["document_number"] in november for row in some)
        return ratio(Fraction(met), Fraction(len(some)), 100)

    def contributions(some: Rows) -> Answer:
        amount = sum(
            (number(row["personal_cny"]) + number(row["employer_cny"]) for row in some),
            Fraction(0),
        )
        return ratio(amount, Fraction(len(some)))

    return {
        "M104": by_city(working, insured),
        "M105": by_city(quarter, contributions),
        "M106": distinct("citizen_id")(arrears) | {"fan_out": str(len(arrears))},
    }


def health(province: Province) -> dict[str, Answer]:
    visits = [r for r in province.rows("yb_hospital_visits") if within(r, "visited_on", "2026-Q3")]
    each: dict[Cell, int] = {}
    for row in visits:
        each[row["citizen_id"]] = each.get(row["citizen_id"], 0) + 1
    old = [r for r in province.rows("ga_residents") if _day(r["birth_date"]) <= date(1966, 11, 1)]

    def per_old(some: Rows) -> Answer:
        seen = sum(each.get(row["document_number"], 0) for row in some)
        return ratio(Fraction(seen), Fraction(len(some)))

    stays = [r for r in visits if r["visit_kind"] == "inpatient" and r["days"] is not None]
    return {
        "M107": by_city(old, per_old),
        "M108": by_city(stays, quotient("days")),
        "M109": by(visits, lambda row: str(row["visit_kind"]), quotient("total_cny")),
    }


def money(province: Province) -> dict[str, Answer]:
    innovative = province.rows("jx_technology_firms")
    reports = {
        row["uscc"]: row for row in province.rows("sg_annual_reports") if row["report_year"] == 2025
    }
    taxes = province.rows("sw_tax_payments")
    quarter = [row for row in taxes if within(row, "quarter", "2026-Q3")]
    paid: dict[Cell, Fraction] = {}
    for row in taxes:
        if within(row, "quarter", "2025-10..2026-09"):
            paid[row["uscc"]] = paid.get(row["uscc"], Fraction(0)) + number(row["paid_cny"])
    both = [uscc for uscc in paid if uscc in reports]
    staff = sum((number(reports[uscc]["employees"]) for uscc in both), Fraction(0))
    matched = [row for row in innovative if row["uscc"] in reports]

    def intensity(some: Rows) -> Answer:
        top = sum((number(row["research_cny"]) for row in some), Fraction(0))
        sales = sum((number(reports[row["uscc"]]["revenue_cny"]) for row in some), Fraction(0))
        return ratio(top, sales, 100)

    def unpaid(some: Rows) -> Answer:
        due = sum((number(row["due_cny"]) for row in some), Fraction(0))
        got = sum((number(row["paid_cny"]) for row in some), Fraction(0))
        return ratio(due - got, due, 100)

    return {
        "M110": by(innovative, lambda row: str(row["title"]), quotient("patents")),
        "M111": by_city(matched, intensity),
        "M112": by(quarter, lambda row: str(row["tax_kind"]), unpaid),
        "M113": ratio(sum((paid[uscc] for uscc in both), Fraction(0)) / 10000, staff),
    }


def land_and_schools(province: Province) -> dict[str, Answer]:
    parcels = [r for r in province.rows("zr_land_parcels") if within(r, "supplied_on", "2025")]
    industrial = [row for row in parcels if row["land_use"] == "06"]
    homes = [
        row
        for row in parcels
        if row["land_use"] == "07"
        and row["right_kind"] == "granted"
        and row["price_cny"] is not None
    ]
    schools = province.rows("jy_schools")
    permits = [
        row
        for row in province.rows("sg_permits")
        if within(row, "decided_on", "2024..2026") and row["working_days"] is not None
    ]

    def middle(some: Rows) -> Answer:
        return {"value": exact(median(number(row["working_days"]) for row in some))}

    return {
        "M114": by_city(industrial, total("area_m2", "0.0001")),
        "M115": quotient("price_cny", "area_m2")(homes),
        "M116": by(schools, lambda row: str(row["school_kind"]), quotient("pupils", "teachers")),
        "M119": by(permits, lambda row: str(row["decided_on"])[:4], middle),
    }


def readings(province: Province) -> dict[str, Answer]:
    loads: dict[date, Fraction] = {}
    for row in province.rows("fg_power_daily"):
        if within(row, "day", "2026-11"):
            day = _day(row["day"])
            loads[day] = loads.get(day, Fraction(0)) + number(row["peak_kw"])
    highest = max(loads.values())
    air: dict[str, dict[date, list[Fraction]]] = {name: {} for name in CITIES}
    for row in province.rows("hb_air_quality_hourly"):
        moment = row["measured_at"]
        if within(row, "measured_at", "2026-11") and row["pm25_ug_m3"] is not None:
            assert isinstance(moment, datetime)
            values = air[city(row)].setdefault(moment.date(), [])
            values.append(number(row["pm25_ug_m3"]))
    above = {
        name: {"value": str(sum(sum(some) / len(some) > 35 for some in days.values()))}
        for name, days in air.items()
    }
    high = [
        row
        for row in province.rows("sl_reservoir_levels")
        if within(row, "day", "2026-08-31")
        and number(row["level_m"]) > number(row["limit_level_m"])
    ]
    day = min(one for one, load in loads.items() if load == highest)
    return {
        "M117": {"value": exact(highest / 10000), "day": day.isoformat()},
        "M118": {"groups": above},
        "M120": by_city(high, distinct("reservoir_code")),
    }


def answers(province: Province) -> dict[str, Answer]:
    """The thirty answers, by the id of their query."""
    found: dict[str, Answer] = {}
    for part in (
        economy,
        firms,
        supervision,
        people,
        health,
        money,
        land_and_schools,
        readings,
    ):
        found |= part(province)
    return found
