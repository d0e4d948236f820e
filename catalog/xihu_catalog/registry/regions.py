"""Names and codes of divisions by date: the code that a text means on a given day.

Codes keep their meaning by date (GB/T 2260): a unit may end and have one successor, or several.
A text that stands for several codes on a day stands for none here; nothing is guessed.
"""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from xihu_catalog.registry.codes import (
    CODES,
    DIVISIONS,
    Division,
    divisions,
    is_division_code,
    province,
)
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import check_rows, read_rows
from xihu_platform.regions import Region
from xihu_platform.visible import is_blank
from xihu_platform.words import Text

CHANGES = f"{CODES}/changes/divisions.csv"
_COLUMNS = ("code", "name_zh", "valid_from", "valid_to", "successors")
BEGINNING, END = date(1, 1, 1), date(9999, 12, 31)
_SUFFIXES = ("畲族自治县", "市", "区", "县")


@dataclass(frozen=True, slots=True)
class DivisionChange:
    """A unit that ended, or was redrawn, on `day`."""

    code: str
    name: str
    since: date
    day: date
    successors: tuple[str, ...]
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a text stands for from `since` until before `until`; several codes: not resolved."""

    text: str
    since: date
    until: date
    codes: tuple[str, ...]


@lru_cache
def changes() -> tuple[DivisionChange, ...]:
    """The known changes in the order of their days. Raises BadRegistry."""
    path = registry_folder() / CHANGES
    rows = read_rows(path, _COLUMNS, key=("code", "valid_to"), optional=True)
    known = {row["code"] for row in rows} | (divisions().keys() if rows else set())
    check_rows(path, rows, lambda row: _faults(row, known))
    return tuple(sorted(map(_change, rows), key=lambda change: change.day))


@lru_cache
def former_names() -> dict[str, str]:
    """Names of units that ended, with and without their kind, to the one code in force that took
    their place; a name that a unit in force has, or that was divided, is left out."""
    return {name: codes[0] for name, codes in _names_that_ended().items() if len(codes) == 1}


@lru_cache
def divided_names() -> dict[str, tuple[str, ...]]:
    """Names of units that ended and were divided, to the codes in force that took their place, by
    code; a name that a unit in force has is left out."""
    return {name: codes for name, codes in _names_that_ended().items() if len(codes) > 1}


@dataclass(frozen=True, slots=True)
class FormerUnit:
    """A unit that there is no more, and the codes in force for its area."""

    name: Text
    day: date
    """On which it ended."""
    codes: tuple[str, ...]


def find_former(name: str) -> FormerUnit | None:
    """By its name with or without its kind; None for what is no former name or is also one that is
    in force."""
    codes = _names_that_ended().get(name)
    if codes is None:
        return None
    newest = max((c for c in changes() if name in _names_of(c.name)), key=lambda c: c.day)
    return FormerUnit(Text(newest.name, newest.name_en or newest.name), newest.day, codes)


@lru_cache
def _names_that_ended() -> dict[str, tuple[str, ...]]:
    taken = {name for one in divisions().values() for name in _names_of(one.name.zh)}
    found: dict[str, set[str]] = {}
    for change in changes():
        for name in _names_of(change.name):
            if name not in taken:
                found.setdefault(name, set()).update(_in_force_after(change))
    return {name: tuple(sorted(codes)) for name, codes in found.items()}


def _names_of(name: str) -> Iterator[str]:
    yield name
    short = next((name.removesuffix(s) for s in _SUFFIXES if name.endswith(s)), name)
    if len(short) > 1:
        yield short


def _in_force_after(change: DivisionChange) -> Iterator[str]:
    """The codes in force now that followed, also over several changes."""
    for code in change.successors:
        later = [one for one in changes() if one.code == code and one.day > change.day]
        if code in divisions() or not later:
            yield code
        else:
            yield from _in_force_after(later[0])


def _faults(row: dict[str, str], known: Set[str]) -> Iterator[Text]:
    if not is_division_code(row["code"]):
        yield Text("code 须为六位数字", "code has six digits")
    if is_blank(row["name_zh"]):
        yield Text("name_zh 是空的，请填写", "name_zh is empty: fill it in")
    try:
        change = _change(row)
    except ValueError:
        yield Text("日期须写成 2024-12-31", "a date is written as 2024-12-31")
        return
    if change.since >= change.day:
        yield Text("valid_from 须早于 valid_to", "valid_from must be before valid_to")
    if unknown := [code for code in change.successors if code not in known]:
        listed = ", ".join(unknown)
        yield Text(
            f"successors 中的“{listed}”既不在 {DIVISIONS} 中，也不是本文件的 code",
            f"“{listed}” of successors is neither in {DIVISIONS} nor a code of this file",
        )


def _change(row: dict[str, str]) -> DivisionChange:
    since = date.fromisoformat(row["valid_from"]) if row["valid_from"] else BEGINNING
    successors = tuple(row["successors"].split(";"))
    return DivisionChange(
        row["code"],
        row["name_zh"],
        since,
        date.fromisoformat(row["valid_to"]),
        successors,
        row.get("name_en", ""),
    )


@lru_cache
def _spans() -> dict[str, tuple[date, date]]:
    """Code to the days it is in force: from its first day until before its last."""
    ended = {c.code: (c.since, c.day) for c in changes() if c.code not in c.successors}
    born: dict[str, date] = {}
    for change in changes():
        for code in change.successors:
            grew = any(c.code == code and c.since < change.day for c in changes())
            if code != change.code and not grew and code not in _OLDER:
                born.setdefault(code, change.day)
    return {code: (born.get(code, BEGINNING), END) for code in divisions()} | ended


_OLDER = frozenset({"330702", "330802", "330602", "330302", "330203", "330102", "330105"})
"""Codes that took over somebody's area but were there before the changes that are covered."""


def first_day(code: str) -> date:
    """The day from which a code is in force; BEGINNING where the changes do not go back to it."""
    return _spans()[code][0]


def _in_force(code: str, day: date) -> bool:
    since, until = _spans()[code]
    return since <= day < until


def resolve(code: str, day: date) -> tuple[str, ...]:
    """The codes in force on `day` for the area a code stands for; itself if it is in force."""
    since, until = _spans()[code]
    if since <= day < until:
        return (code,)
    found = {code}
    days = sorted({change.day for change in changes()})
    if day >= until:
        for moment in (d for d in days if until <= d <= day):
            found = {to for one in found for to in _after(one, moment)}
        return tuple(sorted(found))
    for moment in (d for d in reversed(days) if day < d <= since):
        found = {to for one in found for to in _before(one, moment)}
    return tuple(sorted(found))


def _after(code: str, moment: date) -> tuple[str, ...]:
    """What a code became on a day of change; all changes of one day happen at once."""
    return next((c.successors for c in changes() if c.day == moment and c.code == code), (code,))


def _before(code: str, moment: date) -> tuple[str, ...]:
    """What a code that was made on a day of change had been before it."""
    if _spans()[code][0] != moment:
        return (code,)
    return tuple(c.code for c in changes() if c.day == moment and code in c.successors)


def _names() -> dict[str, dict[str, str]]:
    """Text to the codes that ever bore it, each with its own name."""
    bearers: dict[str, dict[str, str]] = {}
    known = divisions()
    named = [(d.code, d.name.zh) for d in known.values()]
    named += [(c.code, c.name) for c in changes()]
    for code, name in named:
        for text in _texts(code, name, known):
            bearers.setdefault(text, {})[code] = name
    return bearers


def _texts(code: str, name: str, known: dict[str, Division]) -> set[str]:
    """The ways a division is written: code, name, short name, and each with its path before it."""
    forms = {name, _short(name)}
    region = Region(code)
    city = known.get(region.at("city").code)
    if city is None or region.level == "province":
        return {code, *forms}
    whole = province().name.zh
    heads = {"", whole, whole.removesuffix("省")}
    if region.level == "county":
        heads |= {head + text for head in heads for text in (city.name.zh, _short(city.name.zh))}
    return {code, *(head + form for head in heads for form in forms)}


def _short(name: str) -> str:
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and len(name) - len(suffix) >= 2:
            return name.removesuffix(suffix)
    return name


def _codes_on(bearers: dict[str, str], day: date) -> tuple[str, ...]:
    """A bearer in force on the day wins over those it succeeded."""
    present = tuple(code for code in bearers if _in_force(code, day))
    if present:
        return present
    return tuple(sorted({to for code in bearers for to in resolve(code, day)}))


@lru_cache
def meanings() -> tuple[Meaning, ...]:
    """Every known text with what it stands for, by span of days; spans of a text do not overlap."""
    days = [BEGINNING, *sorted({c.day for c in changes()}), END]
    found: list[Meaning] = []
    for text, bearers in _names().items():
        spans: list[Meaning] = []
        for since, until in zip(days, days[1:], strict=False):
            codes = _codes_on(bearers, since)
            if spans and spans[-1].codes == codes:
                spans[-1] = Meaning(text, spans[-1].since, until, codes)
            else:
                spans.append(Meaning(text, since, until, codes))
        found.extend(spans)
    return tuple(found)


@lru_cache
def split_codes() -> dict[str, tuple[str, ...]]:
    """Codes that are in force no longer and whose area went to several: not guessed today."""
    today = date(9999, 1, 1)
    ended = {c.code for c in changes() if c.code not in c.successors}
    found = {code: resolve(code, today) for code in sorted(ended)}
    return {code: codes for code, codes in found.items() if len(codes) > 1}
