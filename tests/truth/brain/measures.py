"""What each registered metric counts, written down again from the words of its definition."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from tests.truth.brain.raw import Row

Number = int | Decimal


@dataclass(frozen=True)
class Measure:
    """One metric: which rows count, what of a row is added up, and by what it is divided."""

    dataset: str
    time: str | None
    """Field of the time; None where the data has no time and is as of the last load."""
    grain: str
    top: Callable[[Row], Number]
    bottom: Callable[[Row], Number] | None = None
    keep: Callable[[Row], bool] = lambda _row: True
    scale: str = "1"
    decimals: int = 0
    unit: str = ""
    stock: bool = False
    by: tuple[str, ...] = ()
    """Fields that questions and queries break down by or filter on."""
    cells: str = ""
    """Cycle in which each county must report; empty where absence means zero."""
    cells_by: dict[str, tuple[str, ...]] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    place: str = "county_code"


def _number(row: Row, name: str) -> Number:
    value = row[name]
    if value is None:
        return 0
    assert isinstance(value, int | Decimal)
    return value


def add(name: str) -> Callable[[Row], Number]:
    """The sum of a field; a missing value adds nothing."""
    return lambda row: _number(row, name)


def given(name: str) -> Callable[[Row], Number]:
    """How many rows have the field."""
    return lambda row: int(row[name] is not None)


def one(_row: Row) -> Number:
    """Each row counts once."""
    return 1


def such(condition: Callable[[Row], bool]) -> Callable[[Row], Number]:
    """Rows that meet a condition."""
    return lambda row: int(condition(row))


def _is(name: str, *values: str) -> Callable[[Row], bool]:
    return lambda row: row[name] in values


def _on_time(row: Row, moment: str) -> bool:
    end, due = row[moment], row["due_on"]
    return isinstance(end, datetime) and isinstance(due, date) and end.date() <= due


def percent(make: Callable[..., Measure], *given_: Any, **named: Any) -> Measure:
    """A metric of the same kind as a share in per cent."""
    return make(*given_, **named, scale="100", decimals=1, unit="%")


YI = "0.00000001"
WAN = "0.0001"
SECTORS = ("primary", "industry", "service", "household")
rate = partial(Measure, scale="100", decimals=1, unit="%")
NO_RESERVOIR = ("330305", "330381", "330624", "330702", "330903", "330921", "331124", "331181")

output = partial(
    Measure, "jx_industrial_output", "period", "month", by=("industry_code",), cells="month"
)
economy = partial(
    Measure, "tj_county_economy", "quarter", "quarter", scale=YI, decimals=2, unit="亿元"
)
air = partial(Measure, "hb_air_quality_hourly", "measured_at", "hour", cells="day")
water = partial(rate, "hb_water_sections", "day", "day", by=("target_grade",), cells="day")
bus = partial(Measure, "jt_bus_flow", "hour_at", "hour", cells="day")
beds = partial(Measure, "wj_hospital_beds", "day", "day", by=("hospital_level",), cells="day")
power = partial(
    Measure, "fg_power_daily", "day", "day", scale=YI, decimals=3, unit="亿千瓦时", cells="day"
)
hotline = partial(Measure, "zw_hotline_tickets", "received_at", "hour", by=("topic", "kind"))
cases = partial(Measure, "zw_service_cases", "accepted_at", "day", by=("service_item", "channel"))
ratings = partial(rate, "zw_ratings", "rated_at", "day", by=("service_item", "channel"))
visits = partial(Measure, "yb_hospital_visits", "visited_on", "day", by=("visit_kind",))
inspected = partial(
    Measure, "sg_inspections", "inspected_on", "day", by=("industry_section", "kind")
)
penalty = partial(Measure, "fg_penalties", "decided_on", "day", by=("penalty_type",))
permit = partial(Measure, "sg_permits", "decided_on", "day", by=("permit_type", "industry_section"))
firms = partial(Measure, "sg_firms", by=("industry_section", "org_type"), unit="家")

MEASURES: dict[str, Measure] = {
    "aged_60_share": rate(
        "ga_residents",
        None,
        "",
        such(lambda row: str(row["birth_date"]) <= "1966-11-01"),
        one,
    ),
    "aid_recipients": Measure(
        "mz_aid_recipients", None, "", one, unit="人", stock=True, by=("aid_kind",)
    ),
    "air_good_share": percent(
        air,
        top=such(lambda row: row["aqi"] is not None and _number(row, "aqi") <= 100),
        bottom=given("aqi"),
    ),
    "bad_rating_follow_up": ratings(
        top=add("called_back"), bottom=given("called_back"), keep=_is("rating", "1", "2")
    ),
    "bus_on_time_rate": percent(bus, top=add("on_time_departures"), bottom=add("departures")),
    "bus_passengers": bus(top=add("passengers"), scale=WAN, decimals=2, unit="万人次"),
    "cases_on_time": rate(
        "zw_service_cases",
        "finished_at",
        "day",
        such(lambda row: _on_time(row, "finished_at")),
        one,
        keep=lambda row: row["finished_at"] is not None,
    ),
    "closed_firms": firms(
        time="closed_on", grain="day", top=one, keep=lambda row: row["closed_on"] is not None
    ),
    "credit_excellent_share": rate(
        "fg_credit_evaluations",
        "evaluated_on",
        "month",
        such(_is("level", "A")),
        one,
        by=("industry_section",),
    ),
    "elder_care_occupancy": rate(
        "mz_elder_care", "surveyed_on", "quarter", add("residents"), add("beds")
    ),
    "fine_share": percent(penalty, top=such(_is("penalty_type", "fine")), bottom=one),
    "firms_in_business": firms(
        time=None, grain="", top=one, keep=_is("status", "active"), stock=True
    ),
    "fund_share": percent(visits, top=add("fund_cny"), bottom=add("total_cny")),
    "gdp": economy(add("gdp_cny"), cells="quarter"),
    "hospital_admissions": beds(top=add("admissions"), scale=WAN, decimals=2, unit="万人次"),
    "hospital_bed_occupancy": percent(beds, top=add("beds_taken"), bottom=add("beds_open")),
    "hospital_visits": visits(top=one, unit="人次"),
    "hotline_on_time": percent(
        hotline,
        top=such(lambda row: _on_time(row, "closed_at")),
        bottom=one,
        keep=lambda row: row["closed_at"] is not None,
    ),
    "hotline_solved_rate": percent(
        hotline, top=such(lambda row: row["solved"] == 1), bottom=given("solved")
    ),
    "hotline_tickets": hotline(top=one, unit="件"),
    "industrial_export_share": percent(output, top=add("export_cny"), bottom=add("output_cny")),
    "industrial_output": output(top=add("output_cny"), scale=YI, decimals=2, unit="亿元"),
    "industrial_power_intensity": output(
        top=add("power_kwh"),
        bottom=add("output_cny"),
        scale="10000",
        decimals=1,
        unit="千瓦时每万元",
    ),
    "industrial_power_use": power(top=add("power_kwh"), keep=_is("sector", "industry")),
    "inspection_problem_rate": percent(
        inspected, top=such(_is("result", "rectify", "case")), bottom=one
    ),
    "inspections": inspected(top=one, unit="次"),
    "insurance_paid_rate": rate(
        "rs_social_insurance", "period", "month", such(_is("state", "paid")), one
    ),
    "insured_employees": Measure(
        "rs_social_insurance",
        "period",
        "month",
        one,
        keep=_is("state", "paid"),
        unit="人",
        stock=True,
    ),
    "joint_inspection_share": percent(inspected, top=such(_is("kind", "joint")), bottom=one),
    "new_firms": firms(time="established_on", grain="day", top=one),
    "online_share": percent(cases, top=such(_is("channel", "app", "web")), bottom=one),
    "output_per_employee": output(
        top=add("output_cny"),
        bottom=add("employees"),
        scale=WAN,
        decimals=2,
        unit="万元每人每月",
    ),
    "papers_spared": cases(top=add("materials_spared"), scale=WAN, decimals=2, unit="万份"),
    "parking_occupancy": percent(
        Measure,
        "zj_parking_occupancy",
        "hour_at",
        "hour",
        add("occupied"),
        add("spaces"),
        by=("lot_kind",),
        cells="day",
    ),
    "penalties": penalty(top=one, unit="件"),
    "penalty_amount": penalty(top=add("amount_cny"), scale=WAN, decimals=2, unit="万元"),
    "permit_working_days": permit(
        top=add("working_days"), bottom=given("working_days"), decimals=1, unit="个工作日"
    ),
    "permits_granted": permit(top=one, unit="件"),
    "pm25_mean": air(
        top=add("pm25_ug_m3"), bottom=given("pm25_ug_m3"), decimals=1, unit="微克每立方米"
    ),
    "power_use": power(top=add("power_kwh"), by=("sector",), cells_by={"sector": SECTORS}),
    "research_spending": Measure(
        "jx_technology_firms",
        None,
        "",
        add("research_cny"),
        scale=YI,
        decimals=3,
        unit="亿元",
        stock=True,
        by=("industry_code",),
    ),
    "reservoir_storage": Measure(
        "sl_reservoir_levels",
        "day",
        "day",
        add("storage_m3"),
        scale=YI,
        decimals=3,
        unit="亿立方米",
        stock=True,
        cells="day",
        without=NO_RESERVOIR,
    ),
    "residents": Measure("ga_residents", None, "", one, unit="人", stock=True, by=("sex",)),
    "retail_sales": economy(add("retail_cny"), cells="quarter"),
    "satisfaction_rate": ratings(top=such(_is("rating", "5", "4", "3")), bottom=one),
    "school_places_filled": rate(
        "jy_schools",
        None,
        "",
        add("pupils"),
        add("places"),
        by=("school_kind", "ownership"),
        cells="load",
    ),
    "service_cases": cases(top=one, unit="件"),
    "tax_paid": Measure(
        "sw_tax_payments",
        "quarter",
        "quarter",
        add("paid_cny"),
        scale=YI,
        decimals=3,
        unit="亿元",
        by=("tax_kind", "industry_section"),
    ),
    "water_good_share": water(top=such(_is("grade", "I", "II", "III")), bottom=one),
    "water_target_rate": water(top=add("meets_target"), bottom=given("meets_target")),
}
