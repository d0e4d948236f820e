"""Facets and charts of an exploration: rows by place, by period and by code, as counted."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from xihu_catalog.contracts.model import Contract, Field
from xihu_catalog.registry.codes import divisions
from xihu_platform.access.decision import Allow
from xihu_platform.access.grouped import CountBy, CountGrain, FieldCounts, GroupedCounts
from xihu_platform.access.query import Filter
from xihu_platform.brain.spec import Grain
from xihu_platform.clock import SHANGHAI
from xihu_platform.regions import Region
from xihu_platform.words import Text
from xihu_portals.pages import values
from xihu_portals.pages.describe import region_name
from xihu_portals.pages.explore_address import ExploreAddress
from xihu_portals.pages.explore_conditions import (
    DAY,
    first_day,
    grain_after,
    last_day,
    place_filter,
    place_of,
    span_filters,
    span_of,
)
from xihu_portals.web import formats
from xihu_portals.web.parts import Chart, Facet, FacetOption, Period, Series, ShownSource, Words

CODE_FACETS = 8
"""Fields with a code list that are counted, in the order of the contract."""
OPTIONS = 400
"""Values of a field beyond which it is no facet: part of a list would look like all of it."""
MONTHS = 60
"""Months beyond which years are shown."""
GAP = 120
"""Periods without a row in a row, up to which each is drawn."""
ROWS = Text("行", "rows")
NO_VALUE = Text("没有值", "no value")
_BY = {
    "year": Text("按年", "by year"),
    "quarter": Text("按季", "by quarter"),
    "month": Text("按月", "by month"),
    "day": Text("按日", "by day"),
    "hour": Text("按小时", "by hour"),
    "city": Text("按设区市", "by city"),
    "county": Text("按县（市、区）", "by county"),
}


@dataclass(frozen=True, slots=True)
class PeriodCount:
    """The rows of one period; of those without a time, `start` is None."""

    start: date | None
    rows: int


@dataclass(frozen=True, slots=True)
class PlaceCount:
    """The rows of a division, or of a code that is none; None without a code."""

    code: str | None
    rows: int


def groups_of(contract: Contract, allow: Allow, address: ExploreAddress) -> tuple[CountBy, ...]:
    """What is counted by: place, time, and fields with a list of codes, those that leave as is."""
    clear = [f for f in contract.fields if _is_clear(f, allow)]
    coded = [f for f in clear if f.code_list and not f.region][:CODE_FACETS]
    places = [CountBy(f.name) for f in clear if f.region]
    times = [CountBy(f.name, _grain(f, address)) for f in clear if f.time]
    return (*places, *times, *(CountBy(f.name) for f in coded))


def _is_clear(field: Field, allow: Allow) -> bool:
    decided = allow.field_decision(field.name)
    return decided is not None and decided.treatment == "clear"


def _grain(field: Field, address: ExploreAddress) -> CountGrain | None:
    if field.options.grain is not None:
        return None
    found = span_of(field, address)
    grain = grain_after(found[0] if found else None)
    return "day" if grain == "hour" and field.type == "DATE" else grain


def finer(counts: GroupedCounts, contract: Contract) -> CountBy | None:
    """The days, where all that was found lies in two months or fewer."""
    field = contract.field(contract.time_field or "")
    found = _of_field(counts, field)
    if field is None or found is None or found.by.grain != "month":
        return None
    return CountBy(field.name, "day") if 0 < len(found.values) <= 2 else None


def _of_field(counts: GroupedCounts, field: Field | None) -> FieldCounts | None:
    return next((c for c in counts.fields if field and c.by.field == field.name), None)


@dataclass(frozen=True, slots=True)
class CountsShown:
    """What was counted of one dataset, and the address under which it was."""

    contract: Contract
    address: ExploreAddress
    counts: GroupedCounts
    days: FieldCounts | None
    """The time field again, by day."""
    source: ShownSource
    covered: datetime | None
    """Up to when the data reaches."""

    @property
    def region(self) -> Field | None:
        return next((f for f in self.contract.fields if f.region), None)

    @property
    def time(self) -> Field | None:
        return self.contract.field(self.contract.time_field or "")


def facets(shown: CountsShown) -> tuple[Facet, ...]:
    found = [_place_facet(shown), _period_facet(shown)]
    found += [
        _code_facet(shown, field, counts)
        for counts in shown.counts.fields
        if (field := shown.contract.field(counts.by.field)) and not field.region and not field.time
    ]
    return tuple(one for one in found if one is not None and 0 < len(one.options) <= OPTIONS)


def charts(shown: CountsShown) -> tuple[Chart, ...]:
    return tuple(one for one in (_period_chart(shown), _place_chart(shown)) if one is not None)


# By code


def _code_facet(shown: CountsShown, field: Field, counts: FieldCounts) -> Facet:
    address = shown.address
    options: list[FacetOption] = []
    for one in counts.values if not counts.more else ():
        chosen = Filter(
            field.name, *(("null", "yes") if one.value is None else ("eq", str(one.value)))
        )
        label = NO_VALUE if one.value is None else _code_words(field, one.value)
        options.append(_option(label, one.rows, address, chosen))
    return Facet(field.title, tuple(options))


def _code_words(field: Field, raw: object) -> Words:
    said = values.value(field, raw)
    return said if isinstance(said, Text) else str(said)


def _option(
    label: Words,
    rows: int,
    address: ExploreAddress,
    *chosen: Filter,
    instead: Sequence[Filter] = (),
) -> FacetOption:
    """`instead`: conditions of the same kind, which the option takes the place of."""
    if set(chosen) <= set(address.filters):
        return FacetOption(label, rows, address.without(*chosen).href(), selected=True)
    return FacetOption(label, rows, address.without(*instead).adding(*chosen).href())


# By place


def _places(shown: CountsShown) -> tuple[list[PlaceCount], str]:
    """The rows by city, or by county where they all lie in one; in the order of the codes."""
    counts = _of_field(shown.counts, shown.region)
    if counts is None or counts.more:
        return [], "county"
    rows = [PlaceCount(None if v.value is None else str(v.value), v.rows) for v in counts.values]
    cities = Counter[str]()
    for one in rows:
        if one.code in divisions():
            cities[Region(one.code).prefix[:4]] += one.rows
    if len(cities) > 1:
        others = [one for one in rows if one.code not in divisions()]
        rows = [PlaceCount(prefix.ljust(6, "0"), n) for prefix, n in cities.items()] + others
    return sorted(rows, key=lambda one: (one.code is None, one.code or "")), (
        "city" if len(cities) > 1 else "county"
    )


def _place_words(code: str | None) -> Words:
    if code is None:
        return NO_VALUE
    return region_name(code) if code in divisions() else code


def _place_facet(shown: CountsShown) -> Facet | None:
    field = shown.region
    places, _ = _places(shown)
    if field is None:
        return None
    before = [f for f in shown.address.of_field(field.name) if place_of(f) is not None]
    options = []
    for one in places:
        if one.code is None:
            chosen = Filter(field.name, "null", "yes")
        elif one.code in divisions():
            chosen = place_filter(field, one.code)
        else:
            chosen = Filter(field.name, "eq", one.code)
        label = _place_words(one.code)
        options.append(_option(label, one.rows, shown.address, chosen, instead=before))
    return Facet(field.title, tuple(options))


def _place_chart(shown: CountsShown) -> Chart | None:
    places, level = _places(shown)
    if shown.region is None or len(places) < 2:
        return None
    return Chart(
        id="by-place",
        title=_title(level),
        kind="rows",
        axis=shown.region.title,
        labels=tuple(_place_words(one.code) for one in places),
        series=(Series(ROWS, tuple(one.rows for one in places)),),
        unit=ROWS,
        source=shown.source,
    )


def _title(by: str) -> Text:
    return Text(f"记录数，{_BY[by].zh}", f"Rows {_BY[by].en}")


# By period


def _periods(shown: CountsShown, counts: FieldCounts | None) -> tuple[list[PeriodCount], Grain]:
    """The rows by period, in the order of time; those without a time last."""
    field = shown.time
    if field is None or counts is None or counts.more:
        return [], "day"
    grain: Grain = counts.by.grain or field.options.grain or "day"
    rows = [PeriodCount(_start(v.value, grain), v.rows) for v in counts.values]
    if grain == "month" and len(rows) > MONTHS and field.options.grain is None:
        grain, rows = "year", _by_year(rows)
    return sorted(rows, key=lambda one: (one.start is None, str(one.start))), grain


def _start(value: object, grain: Grain) -> date | None:
    if isinstance(value, datetime):
        return value if grain == "hour" else value.date()
    return value if isinstance(value, date) else None


def _by_year(rows: list[PeriodCount]) -> list[PeriodCount]:
    years = Counter[date | None]()
    for one in rows:
        years[one.start and one.start.replace(month=1, day=1)] += one.rows
    return [PeriodCount(start, n) for start, n in years.items()]


def _period_facet(shown: CountsShown) -> Facet | None:
    """Where all lies in a month or two, these stand before their days."""
    field = shown.time
    if field is None:
        return None
    asked = [_of_field(shown.counts, field), shown.days]
    options = [one for counts in asked for one in _period_options(shown, field, counts)]
    return Facet(field.title, tuple(options))


def _period_options(
    shown: CountsShown, field: Field, counts: FieldCounts | None
) -> Iterator[FacetOption]:
    periods, grain = _periods(shown, counts)
    if grain == "hour":
        return
    before = [
        f
        for f in shown.address.of_field(field.name)
        if first_day(field, f) is not None or last_day(field, f) is not None
    ]
    for one in reversed(periods):
        if one.start is None:
            label: Words = NO_VALUE
            chosen: tuple[Filter, ...] = (Filter(field.name, "null", "yes"),)
        else:
            label = Text(*(_period_words(one.start, grain, english=e) for e in (False, True)))
            chosen = _period_filters(field, one.start, grain)
        yield _option(label, one.rows, shown.address, *chosen, instead=before)


def _period_filters(field: Field, start: date, grain: Grain) -> tuple[Filter, ...]:
    if field.options.grain is not None:
        return (Filter(field.name, "eq", start.isoformat()),)
    return span_filters(field, start, _following(start, grain) - DAY)


def _period_words(start: date, grain: Grain, *, english: bool) -> str:
    return formats.period(Period(start, grain), "en" if english else "zh")


def _following(start: date, grain: Grain) -> date:
    """Where the next period begins; in 9999, which people write for “for good”, its last day."""
    if start.year >= date.max.year:
        return datetime.max if isinstance(start, datetime) else date.max
    if grain == "hour":
        return start + timedelta(hours=1)
    if grain == "day":
        return start + DAY
    months = {"month": 1, "quarter": 3, "year": 12}[grain]
    at = start.year * 12 + start.month - 1 + months
    return start.replace(year=at // 12, month=at % 12 + 1)


def _filled(periods: list[PeriodCount], grain: Grain) -> Iterator[PeriodCount]:
    """A period between two others that has no row has 0, where these are not far apart."""
    before: date | None = None
    for one in periods:
        if before is not None and one.start is not None:
            yield from _between(before, one.start, grain)
        yield one
        before = one.start


def _between(before: date, start: date, grain: Grain) -> list[PeriodCount]:
    found: list[PeriodCount] = []
    at = _following(before, grain)
    while at < start and len(found) <= GAP:
        found.append(PeriodCount(at, 0))
        at = _following(at, grain)
    return found if len(found) <= GAP else []


def _period_chart(shown: CountsShown) -> Chart | None:
    field = shown.time
    periods, grain = _periods(shown, shown.days or _of_field(shown.counts, field))
    if field is None or len(periods) < 2:
        return None
    filled = list(_filled(periods, grain))
    labels = tuple(NO_VALUE if p.start is None else Period(p.start, grain) for p in filled)
    open_ones = frozenset(at for at, p in enumerate(filled) if _is_open(p, grain, shown.covered))
    return Chart(
        id="by-period",
        title=_title(grain),
        kind="bar",
        axis=field.title,
        labels=labels,
        series=(Series(ROWS, tuple(p.rows for p in filled), open_ones),),
        unit=ROWS,
        source=shown.source,
    )


def _is_open(one: PeriodCount, grain: Grain, covered: datetime | None) -> bool:
    """Whether the data does not reach the period's end yet."""
    if one.start is None or covered is None:
        return False
    end = _following(one.start, grain)
    moment = end if isinstance(end, datetime) else datetime.combine(end, datetime.min.time())
    return moment.replace(tzinfo=SHANGHAI) > covered
