"""The form of an exploration: it shows the conditions in force, and becomes the API's words."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from xihu_catalog.contracts.model import Contract, Field
from xihu_catalog.registry.codes import code_list, divisions
from xihu_platform.access.decision import Allow
from xihu_platform.access.query import Filter, Operator, Sort, parse_value
from xihu_platform.errors import BadInput
from xihu_platform.regions import Region
from xihu_platform.words import Text
from xihu_portals.pages import values
from xihu_portals.pages.describe import region_name
from xihu_portals.pages.explore_address import ExploreAddress, Pairs, Problem
from xihu_portals.pages.explore_conditions import (
    first_day,
    is_time,
    last_day,
    place_filter,
    place_of,
    span_filters,
)
from xihu_portals.pages.snippets import filter_text
from xihu_portals.web.explore import ChoiceGroup, ControlKind, FilterControl, FilterForm
from xihu_portals.web.parts import Choice

PARTS = ("is", "op", "from", "to")
"""Before the name of a field: a value or text, its operator, where a range begins and ends."""
OWN_WORDS = ("columns", "col", "order", "way")
NO_VALUE = "-"
"""Of a select: the records that have no value. No code list has such a code."""
_TEXT_OPERATORS: dict[Operator, Text] = {
    "contains": Text("包含", "contains"),
    "eq": Text("等于", "is"),
    "starts": Text("开头是", "begins with"),
    "ne": Text("不等于", "is not"),
}
_CHOICE_OPERATORS: dict[Operator, Text] = {"eq": Text("是", "is"), "ne": Text("不是", "is not")}
_ANY = Choice("", Text("不限", "any"))
_MONTH = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
_MAIN = 3
"""So many controls are shown at once; the rest opens."""


@dataclass(frozen=True, slots=True)
class _Explorable:
    """A field that this reader may filter by."""

    field: Field
    kind: ControlKind
    operators: dict[Operator, Text]


def explorable(contract: Contract, allow: Allow) -> tuple[_Explorable, ...]:
    """Place first, then time, then what has a list of codes, then the rest."""
    found = []
    for field in contract.fields:
        decided = allow.field_decision(field.name)
        if decided is not None and decided.treatment is not None:
            found.append(_explorable(field, treated=decided.treatment != "clear"))
    return tuple(sorted(found, key=_rank))


def _explorable(field: Field, *, treated: bool) -> _Explorable:
    if is_time(field) and not treated:
        return _Explorable(field, "month" if field.options.grain else "date", {})
    if treated or not (field.code_list or _is_yes_or_no(field)):
        if field.logical_type in {"integer", "number"} and not treated:
            return _Explorable(field, "number", {})
        return _Explorable(field, "text", _TEXT_OPERATORS)
    return _Explorable(field, "choice", {} if field.region else _CHOICE_OPERATORS)


def _is_yes_or_no(field: Field) -> bool:
    return field.type == "BOOLEAN" or values.is_flag(field)


def _rank(one: _Explorable) -> int:
    ranked = (one.field.region, one.field.time, one.kind == "choice", one.kind != "text")
    return next((at for at, true in enumerate(ranked) if true), len(ranked))


def read_form(
    contract: Contract, allow: Allow, asked: ExploreAddress, pairs: Pairs
) -> tuple[ExploreAddress, list[Problem]] | None:
    """What the controls ask for on top of an address; None where no form was sent."""
    names = {name for name, _ in pairs}
    if not any(is_form_word(name) for name in names):
        return None
    said = dict(pairs)
    problems: list[Problem] = []
    filters = list(asked.filters)
    for one in explorable(contract, allow):
        filters += (f for f in _filters_said(one, said, problems) if f not in filters)
    sorts = asked.sorts
    if said.get("order"):
        first = Sort(said["order"], said.get("way") == "desc")
        sorts = (first, *(s for s in sorts if s.field != first.field))
    fields = _fields_said(contract, allow, asked, pairs, problems)
    changed = replace(asked, filters=tuple(filters), sorts=sorts, fields=fields, cursor=None)
    return changed, problems


def is_form_word(name: str) -> bool:
    return name in OWN_WORDS or name.partition(".")[0] in PARTS and "." in name


def _fields_said(
    contract: Contract,
    allow: Allow,
    asked: ExploreAddress,
    pairs: Pairs,
    problems: list[Problem],
) -> tuple[str, ...]:
    if ("columns", "1") not in pairs:
        return asked.fields
    chosen = {value for name, value in pairs if name == "col"}
    every = [v.name for v in allow.visible]
    if not chosen:
        text = Text(
            "至少选一个字段，现在显示全部字段", "Choose one field at least; all are shown now"
        )
        problems.append(Problem(text))
    picked = tuple(name for name in every if name in chosen)
    return () if len(picked) in {0, len(every)} else picked


def _filters_said(
    one: _Explorable, said: dict[str, str], problems: list[Problem]
) -> Iterator[Filter]:
    name = one.field.name
    if one.kind in {"choice", "text"}:
        value = said.get(f"is.{name}", "").strip()
        operator = said.get(f"op.{name}", "")
        if value:
            yield _value_filter(one, operator, value)
        return
    first = _end(one, said.get(f"from.{name}", ""), problems)
    last = _end(one, said.get(f"to.{name}", ""), problems)
    if first is None and last is None:
        return
    if first is not None and last is not None and first > last:  # type: ignore[operator]
        title = one.field.title
        text = Text(f"{title.zh}的开头在结尾之后", f"{title.en} begins after it ends")
        problems.append(Problem(text, name))
        return
    if one.kind == "number":
        yield from _range_filters(name, first, last)
    else:
        yield from span_filters(one.field, first, last)  # type: ignore[arg-type]  # of `_end`


def _value_filter(one: _Explorable, operator: str, value: str) -> Filter:
    name = one.field.name
    if one.kind == "choice" and value == NO_VALUE:
        return Filter(name, "null", "no" if operator == "ne" else "yes")
    if one.field.region and value in divisions():
        return place_filter(one.field, value)
    first: Operator = next(iter(one.operators), "eq")
    return Filter(name, next((known for known in one.operators if known == operator), first), value)


def _range_filters(name: str, first: object, last: object) -> Iterator[Filter]:
    if first == last:
        yield Filter(name, "eq", str(first))
        return
    if first is not None:
        yield Filter(name, "ge", str(first))
    if last is not None:
        yield Filter(name, "le", str(last))


def _end(one: _Explorable, text: str, problems: list[Problem]) -> object:
    """One end of a range: digits of a Chinese keyboard are digits too. None where none is given."""
    plain = unicodedata.normalize("NFKC", text).strip().replace(",", "")
    if not plain:
        return None
    title, shown = one.field.title, text[:40]
    if one.kind == "number":
        try:
            return parse_value(one.field.type, plain, one.field.name)
        except BadInput:
            whole = one.field.type in {"INTEGER", "BIGINT"}
            wrong = Text(
                f"{title.zh}：“{shown}”不是{'整数' if whole else '数'}，请只填数字",
                f"{title.en}: “{shown}” is not a {'whole ' if whole else ''}number, digits only",
            )
    else:
        day = _day(plain, month=one.kind == "month")
        if day is not None:
            return day
        example = "2026-10" if one.kind == "month" else "2026-10-31"
        wrong = Text(
            f"{title.zh}：“{shown}”不是日期，请写作 {example}",
            f"{title.en}: “{shown}” is no date, write it as {example}",
        )
    problems.append(Problem(wrong, one.field.name))
    return None


def _day(text: str, *, month: bool) -> date | None:
    plain = re.sub(r"[年月/.]", "-", text).rstrip("日-")
    said = _MONTH.fullmatch(plain)
    if said is None or (said[3] is None and not month) or int(said[1]) >= date.max.year:
        return None
    try:
        return date(int(said[1]), int(said[2] or 1), int(said[3] or 1))
    except ValueError:
        return None


def form_of(
    contract: Contract,
    allow: Allow,
    address: ExploreAddress,
    problems: Sequence[Problem],
    typed: Pairs,
) -> FilterForm:
    """`typed`: what was sent and could not be taken, which stays where it was typed."""
    shown, kept = [], set(address.filters)
    for one in explorable(contract, allow):
        control, used = _control(one, address, allow)
        kept -= set(used)
        shown.append(_as_typed(control, dict(typed), problems))
    order = address.sorts[0] if address.sorts else None
    fields = {one.field.name: one.field for one in explorable(contract, allow)}
    wide = [v for v in allow.visible if v.treatment != "rekey"]
    return FilterForm(
        action=address.path,
        main=tuple(shown[:_MAIN]),
        others=tuple(shown[_MAIN:]),
        kept=_kept_pairs(address, kept),
        sorts=tuple(
            Choice(v.name, fields[v.name].title, order is not None and order.field == v.name)
            for v in wide
        ),
        descending=order is not None and order.descending,
        columns=tuple(
            Choice(v.name, fields[v.name].title, not address.fields or v.name in address.fields)
            for v in allow.visible
        ),
        problems=tuple(dict.fromkeys(p.text for p in problems)),
        open=any(c.value or c.upto or c.error for c in shown[_MAIN:]),
    )


def _kept_pairs(address: ExploreAddress, kept: Iterable[Filter]) -> tuple[tuple[str, str], ...]:
    left = set(kept)
    pairs = [("filter", filter_text(f)) for f in address.filters if f in left]
    pairs += [("sort", f"{'-' if s.descending else ''}{s.field}") for s in address.sorts[1:]]
    if address.as_of:
        return (*pairs, ("as_of", address.as_of))
    pairs += [("snapshot", str(address.snapshot))] if address.snapshot is not None else []
    return tuple(pairs)


def _as_typed(
    control: FilterControl, typed: dict[str, str], problems: Sequence[Problem]
) -> FilterControl:
    error = next((p.text for p in problems if p.field == control.field), None)
    if error is None:
        return control
    name = control.field
    if control.kind in {"choice", "text"}:
        return replace(control, error=error, value=typed.get(f"is.{name}", control.value))
    return replace(
        control,
        error=error,
        value=typed.get(f"from.{name}", control.value),
        upto=typed.get(f"to.{name}", control.upto),
    )


def _control(
    one: _Explorable, address: ExploreAddress, allow: Allow
) -> tuple[FilterControl, tuple[Filter, ...]]:
    """The control of a field, with the conditions that it shows."""
    field = one.field
    mine = address.of_field(field.name)
    control = FilterControl(field.name, field.title, one.kind, field.unit)
    if one.kind == "choice":
        return _choice(one, control, mine, allow)
    if one.kind == "text":
        used = next((f for f in mine if f.operator in one.operators), None)
        operators = _operators(one.operators, used)
        value = "" if used is None else used.value
        return replace(control, operators=operators, value=value), (used,) if used else ()
    first, last = _ends(one, mine)
    used_here = tuple(dict.fromkeys(f for f in (first, last) if f is not None))
    shown = replace(
        control,
        value="" if first is None else _shown(one, first, first=True),
        upto="" if last is None else _shown(one, last, first=False),
    )
    return shown, used_here


def _ends(one: _Explorable, mine: tuple[Filter, ...]) -> tuple[Filter | None, Filter | None]:
    """The conditions that a range shows; one on a single value is both of its ends."""
    firsts = [f for f in mine if _begins(one, f)]
    lasts = [f for f in mine if _stops(one, f)]
    single = next((f for f in firsts if f in lasts), None)
    if single is not None:
        return single, single
    return next(iter(firsts), None), next(iter(lasts), None)


def _begins(one: _Explorable, used: Filter) -> bool:
    if one.kind == "number":
        return used.operator in {"ge", "eq"}
    return first_day(one.field, used) is not None


def _stops(one: _Explorable, used: Filter) -> bool:
    if one.kind == "number":
        return used.operator in {"le", "eq"}
    return last_day(one.field, used) is not None


def _shown(one: _Explorable, used: Filter, *, first: bool) -> str:
    if one.kind == "number":
        return used.value
    day = (first_day if first else last_day)(one.field, used)
    if day is None:
        return ""
    return f"{day:%Y-%m}" if one.kind == "month" else day.isoformat()


def _operators(known: dict[Operator, Text], used: Filter | None) -> tuple[Choice, ...]:
    chosen = used.operator if used else None
    return tuple(Choice(name, said, name == chosen) for name, said in known.items())


def _choice(
    one: _Explorable, control: FilterControl, mine: tuple[Filter, ...], allow: Allow
) -> tuple[FilterControl, tuple[Filter, ...]]:
    groups = _places(one.field, allow) if one.field.region else (_codes(one.field),)
    options = {c.value for group in groups for c in group.choices}
    used = next((f for f in mine if _option_of(one, f) in options), None)
    value = "" if used is None else _option_of(one, used) or ""
    negated = used is not None and (used.operator, used.value) in {
        *((used.operator, v) for v in (used.value,) if used.operator == "ne"),
        ("null", "no"),
    }
    operators = tuple(
        Choice(name, said, negated == (name == "ne")) for name, said in one.operators.items()
    )
    marked = tuple(
        replace(g, choices=tuple(replace(c, selected=c.value == value) for c in g.choices))
        for g in groups
    )
    return replace(control, groups=marked, operators=operators, value=value), (
        (used,) if used is not None else ()
    )


def _option_of(one: _Explorable, used: Filter) -> str | None:
    if one.field.region:
        return place_of(used)
    if used.operator == "null":
        return NO_VALUE
    return used.value if used.operator in one.operators else None


def _codes(field: Field) -> ChoiceGroup:
    if field.type == "BOOLEAN":
        named = {"true": Text("是", "yes"), "false": Text("否", "no")}
    elif field.code_list is None:
        named = {"1": Text("是", "yes"), "0": Text("否", "no")}
    elif field.code_list == "divisions":
        named = {code: region_name(code) for code in divisions()}
    else:
        named = code_list(field.code_list)
    absent = () if field.required else (Choice(NO_VALUE, Text("没有值", "no value")),)
    choices = (_ANY, *(Choice(code, name) for code, name in named.items()), *absent)
    return ChoiceGroup(None, choices)


def _places(field: Field, allow: Allow) -> tuple[ChoiceGroup, ...]:
    """The cities with their counties, as far as the reader's rows reach."""
    limits = [row for row in allow.rows if row.field == field.name]

    def reached(code: str) -> bool:
        return all(_reaches(code, row.values, row.match == "starts_with") for row in limits)

    known = [one for one in divisions().values() if reached(one.code)]
    cities = [one for one in divisions().values() if one.level == "city"]
    groups = [ChoiceGroup(None, (_ANY,))]
    for city in cities:
        name = region_name(city.code)
        whole = Choice(city.code, Text(f"{name.zh}（全市）", f"{name.en} (whole city)"))
        counties = (
            Choice(one.code, region_name(one.code))
            for one in known
            if one.level == "county" and one.parent == city.code
        )
        choices = (*((whole,) if city in known else ()), *counties)
        if choices:
            groups.append(ChoiceGroup(name, choices))
    return tuple(groups)


def _reaches(code: str, values_: tuple[str, ...], prefix: bool) -> bool:
    if prefix:
        return Region(code).prefix.startswith(values_[0]) if values_ else False
    return code in values_
