"""Conditions in words: what a filter says to a person, and the link that lifts it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from xihu_catalog.contracts.model import Contract, Field
from xihu_catalog.registry.codes import divisions
from xihu_platform.access.decision import Allow, FieldDecision
from xihu_platform.access.grouped import CountGrain
from xihu_platform.access.query import Filter, parse_value
from xihu_platform.errors import BadInput
from xihu_platform.regions import Region
from xihu_platform.words import Language, Text
from xihu_portals.pages import values
from xihu_portals.pages.explore_address import ExploreAddress
from xihu_portals.web import charts, formats
from xihu_portals.web.parts import Link, Period, Value

DAY = timedelta(days=1)
_OF_VALUES = {
    "eq": Text("是 {}", "is {}"),
    "ne": Text("不是 {}", "is not {}"),
    "lt": Text("小于 {}", "below {}"),
    "le": Text("不大于 {}", "at most {}"),
    "gt": Text("大于 {}", "above {}"),
    "ge": Text("不小于 {}", "at least {}"),
    "in": Text("是其中之一：{}", "is one of {}"),
    "contains": Text("包含“{}”", "contains “{}”"),
    "starts": Text("以“{}”开头", "begins with “{}”"),
}
_OF_TIMES = _OF_VALUES | {
    "lt": Text("早于 {}", "before {}"),
    "le": Text("不晚于 {}", "until {}"),
    "gt": Text("晚于 {}", "after {}"),
    "ge": Text("不早于 {}", "from {}"),
}
_ABSENT, _PRESENT = Text("没有值", "has no value"), Text("有值", "has a value")


@dataclass(frozen=True, slots=True)
class DaySpan:
    """A time from one day to another, both included."""

    first: date
    last: date

    @property
    def period(self) -> Period | None:
        """The year, month or day that it is, where it is exactly one."""
        if self.first == self.last:
            return Period(self.first, "day")
        if self.last == date.max:
            return None
        following = self.last + DAY
        if self.first.day != 1 or following.day != 1:
            return None
        months = (following.year - self.first.year) * 12 + following.month - self.first.month
        if months == 1:
            return Period(self.first, "month")
        return Period(self.first, "year") if months == 12 and self.first.month == 1 else None


def is_time(field: Field) -> bool:
    return field.type in {"DATE", "TIMESTAMP"}


def span_filters(field: Field, first: date | None, last: date | None) -> tuple[Filter, ...]:
    """From a day to a day, both included, in the words of the API."""
    if field.type == "DATE" and first is not None and first == last:
        return (Filter(field.name, "eq", first.isoformat()),)
    found = () if first is None else (Filter(field.name, "ge", first.isoformat()),)
    if last is None:
        return found
    if field.type == "DATE":
        return (*found, Filter(field.name, "le", last.isoformat()))
    return (*found, Filter(field.name, "lt", (last + DAY).isoformat()))


def first_day(field: Field, one: Filter) -> date | None:
    """The day that a filter lets begin; None for another kind of filter."""
    if one.operator == "ge" or (one.operator == "eq" and field.type == "DATE"):
        return _whole_day(one.value)
    return None


def last_day(field: Field, one: Filter) -> date | None:
    """The last day that a filter lets through."""
    if field.type == "DATE" and one.operator in {"le", "eq"}:
        return _whole_day(one.value)
    if one.operator == "lt" and (day := _whole_day(one.value)) is not None and day > date.min:
        return day - DAY
    return None


def _whole_day(text: str) -> date | None:
    """The day of a text that names no hour."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    midnight = moment.tzinfo is None and moment == datetime.combine(
        moment.date(), datetime.min.time()
    )
    return moment.date() if midnight else None


def span_of(field: Field, address: ExploreAddress) -> tuple[DaySpan, tuple[Filter, ...]] | None:
    """The days that the conditions on a time field come to, with these conditions."""
    mine = address.of_field(field.name)
    firsts = [(day, f) for f in mine if (day := first_day(field, f)) is not None]
    lasts = [(day, f) for f in mine if (day := last_day(field, f)) is not None]
    if len(firsts) != 1 or len(lasts) != 1 or {firsts[0][1], lasts[0][1]} != set(mine):
        return None
    return DaySpan(firsts[0][0], lasts[0][0]), mine


def place_of(one: Filter) -> str | None:
    """The division that a filter on a region field comes to."""
    if one.operator == "eq" and one.value in divisions():
        return one.value
    if one.operator == "starts":
        code = one.value.ljust(6, "0")
        if code in divisions() and Region(code).prefix == one.value:
            return code
    return None


def place_filter(field: Field, code: str) -> Filter:
    """The rows of a division and of all within it."""
    region = Region(code)
    if region.level in {"province", "city"}:
        return Filter(field.name, "starts", region.prefix)
    return Filter(field.name, "eq", code)


def chosen_links(
    contract: Contract, allow: Allow, address: ExploreAddress
) -> Iterator[tuple[Text, tuple[Filter, ...]]]:
    """Each condition in words, with the filters it is made of: a whole month is one condition."""
    done: set[Filter] = set()
    for one in address.filters:
        field = contract.field(one.field)
        if field is None or one in done:
            continue
        whole = span_of(field, address) if is_time(field) else None
        if whole is not None:
            done |= set(whole[1])
            yield _joined(field.title, _span_words(field, whole[0])), whole[1]
        else:
            done.add(one)
            yield _joined(field.title, _words(field, allow.field_decision(field.name), one)), (one,)


def as_links(
    conditions: list[tuple[Text, tuple[Filter, ...]]], address: ExploreAddress
) -> tuple[Link, ...]:
    return tuple(Link(said, address.without(*lifted).href()) for said, lifted in conditions)


def _joined(title: Text, said: Text) -> Text:
    return Text(f"{title.zh} {said.zh}", f"{title.en} {said.en}")


def _span_words(field: Field, span: DaySpan) -> Text:
    if field.options.grain is not None:
        first, last = (
            Period(span.first, field.options.grain),
            Period(span.last, field.options.grain),
        )
        return both(first) if span.first == span.last else _between(both(first), both(last))
    period = span.period
    if period is not None:
        return both(period)
    return _between(both(span.first), both(span.last))


def _between(first: Text, last: Text) -> Text:
    return Text(f"{first.zh} 至 {last.zh}", f"{first.en} to {last.en}")


def _words(field: Field, decided: FieldDecision | None, one: Filter) -> Text:
    if one.operator == "null":
        return _PRESENT if one.value == "no" else _ABSENT
    place = place_of(one) if field.region else None
    if place is not None:
        name = both(values.value(field, place))
        return Text(f"在 {name.zh}", f"in {name.en}")
    pattern = (_OF_TIMES if is_time(field) else _OF_VALUES)[one.operator]
    if one.operator in {"contains", "starts"}:
        said = Text(one.value, one.value)
    elif one.operator == "in":
        names = [value_words(field, decided, v) for v in one.value.split(",")]
        said = Text("、".join(n.zh for n in names), ", ".join(n.en for n in names))
    else:
        said = value_words(field, decided, one.value)
    unit = field.unit if one.operator not in {"in", "contains", "starts"} else None
    return Text(
        pattern.zh.format(said.zh + (f" {unit.zh}" if unit else "")),
        pattern.en.format(said.en + (f" {unit.en}" if unit else "")),
    )


def value_words(field: Field, decided: FieldDecision | None, text: str) -> Text:
    """A value of an address as people write it; what is none stays as it is."""
    kind = "VARCHAR" if decided is not None and decided.treatment == "rekey" else field.type
    try:
        parsed = parse_value(kind, text, field.name)
    except BadInput:
        return Text(text, text)
    return both(values.value(field, parsed, decided))


def both(value: Value) -> Text:
    """A value written out in both languages."""
    return Text(_written(value, "zh"), _written(value, "en"))


def _written(value: Value, language: Language) -> str:
    if isinstance(value, datetime):
        return formats.moment(value, language)
    if isinstance(value, date):
        return formats.day(value, language)
    if isinstance(value, str | Text | Period):
        return charts.words(value, language)
    if isinstance(value, int | float | Decimal):
        return formats.number(value)
    return formats.UNKNOWN


def grain_after(span: DaySpan | None) -> CountGrain:
    """What a span is looked at by: a year by months, a month by days, a day by hours."""
    if span is None or (span.last - span.first).days > 62:
        return "month"
    return "day" if span.first != span.last else "hour"
