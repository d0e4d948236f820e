"""Code lists with their standards, and their entries by date: in force, and ended.

A code keeps its meaning by date: it may end, be divided, be renamed, or be given to another entry.
What a load accepts are the entries in force (`codes.code_list`); what ended is here as well.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import chain
from pathlib import Path

from xihu_catalog.contracts.errors import Finding
from xihu_catalog.registry.codes import CODES, code_list, divisions, is_code_list, list_names
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import BadRegistry, check_rows, read_rows
from xihu_catalog.registry.regions import BEGINNING, DivisionChange, changes, first_day
from xihu_platform.errors import NotFound
from xihu_platform.regions import Region
from xihu_platform.visible import is_blank
from xihu_platform.words import Text

CODE_LISTS = "code_lists.csv"
ENDED = f"{CODES}/ended"
_COLUMNS = (
    *("id", "name_zh", "name_en", "standard", "version", "source_zh", "source_en", "extent"),
    "valid_from",
)
_ENDED_COLUMNS = ("code", "name_zh", "name_en", "valid_from", "valid_to", "successors", "source")
_EXTENTS = ("whole", "extract")
_DIVISIONS = "divisions"


@dataclass(frozen=True, slots=True)
class CodeListFacts:
    """One code list: `standard` is empty where the registry defines it itself."""

    id: str
    name: Text
    standard: str
    version: str
    source: Text
    whole: bool
    """False where it is an extract: `source` says of what."""
    valid_from: date | None
    """The day its entries go back to; None where it is not known."""


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One entry of a code list, in force from `valid_from` until before `valid_to`."""

    code: str
    name: Text
    valid_from: date | None = None
    """None where the list does not go back to its first day."""
    valid_to: date | None = None
    """None while it is in force."""
    successors: tuple[str, ...] = ()
    """Codes in force on the day it ended."""
    parent: str | None = None
    redrawn: tuple[tuple[date, tuple[str, ...]], ...] = ()
    """Days on which a part of a division's area went to other codes."""

    def is_in_force(self, on: date) -> bool:
        since, until = self.valid_from or date.min, self.valid_to or date.max
        return since <= on < until


@lru_cache
def code_lists() -> dict[str, CodeListFacts]:
    """Every code list by id; one that `code_lists.csv` lacks is named by its id.

    Raises BadRegistry.
    """
    path = registry_folder() / CODE_LISTS
    rows = read_rows(path, _COLUMNS, key=("id",), optional=True)
    check_rows(path, rows, _list_faults)
    known = {row["id"]: _facts(row) for row in rows}
    return {name: known.get(name) or _unnamed(name) for name in list_names()}


def get_code_list(name: str) -> CodeListFacts:
    """Raises NotFound."""
    found = code_lists().get(name)
    if found is None:
        raise NotFound(
            f"没有名为 {name[:64]} 的代码表，请在数据标准页查找",
            f"there is no code list {name[:64]}: look for it on the page of standards",
        )
    return found


def _list_faults(row: dict[str, str]) -> Iterator[Text]:
    if not is_code_list(row["id"]):
        yield Text(
            f"{CODES}/ 中没有代码表“{row['id']}”",
            f"there is no code list “{row['id']}” in {CODES}/",
        )
    for column in ("name_zh", "name_en", "version", "source_zh", "source_en"):
        if is_blank(row[column]):
            yield Text(f"{column} 是空的，请填写", f"{column} is empty: fill it in")
    if row["extent"] not in _EXTENTS:
        yield Text("extent 须为 whole 或 extract", "extent is whole or extract")
    yield from _day_faults(row, "valid_from")


def _day_faults(row: dict[str, str], *columns: str) -> Iterator[Text]:
    for column in columns:
        try:
            _day(row[column])
        except ValueError:
            yield Text(
                f"{column} 须写成 2024-12-31，不详则为空",
                f"{column} is written as 2024-12-31, empty if unknown",
            )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _facts(row: dict[str, str]) -> CodeListFacts:
    return CodeListFacts(
        row["id"],
        Text(row["name_zh"], row["name_en"]),
        row["standard"],
        row["version"],
        Text(row["source_zh"], row["source_en"]),
        row["extent"] == "whole",
        _day(row["valid_from"]),
    )


def _unnamed(name: str) -> CodeListFacts:
    source = Text("本登记库自定", "Defined by this registry")
    return CodeListFacts(name, Text(name, name), "", "", source, True, None)


@lru_cache
def code_entries(name: str) -> tuple[CodeEntry, ...]:
    """The entries of a list, also those that ended, by code and day.

    Raises BadInput for a list that the registry lacks, and BadRegistry.
    """
    code_list(name)
    if name == _DIVISIONS:
        return _in_order(_division_entries())
    return _in_order(chain(_current(name), _ended(name)))


def in_force(entries: Sequence[CodeEntry], on: date) -> tuple[CodeEntry, ...]:
    return tuple(one for one in entries if one.is_in_force(on))


def successors(entries: Sequence[CodeEntry], ended: CodeEntry) -> tuple[CodeEntry, ...]:
    """The entries that took the place of one that ended, as they were on that day."""
    if ended.valid_to is None:
        return ()
    there = {one.code: one for one in in_force(entries, ended.valid_to)}
    return tuple(there[code] for code in ended.successors if code in there)


def _in_order(entries: Iterator[CodeEntry]) -> tuple[CodeEntry, ...]:
    """By code; of one code, the newest first."""
    newest_first = sorted(entries, key=lambda one: one.valid_to or date.max, reverse=True)
    return tuple(sorted(newest_first, key=lambda one: one.code))


def _current(name: str) -> Iterator[CodeEntry]:
    path = registry_folder() / CODES / f"{name}.csv"
    rows = read_rows(path, ("code", "name_zh", "name_en"), key=("code",))
    dated = bool(rows) and "valid_from" in rows[0]
    check_rows(path, rows, lambda row: _day_faults(row, "valid_from") if dated else ())
    since = code_lists()[name].valid_from
    for row in rows:
        yield replace(_entry(row), valid_from=_day(row.get("valid_from", "")) or since)


def _entry(row: dict[str, str]) -> CodeEntry:
    name = Text(row["name_zh"], row["name_en"])
    return CodeEntry(row["code"], name, parent=row.get("parent") or None)


def ended_lists() -> None:
    """Raises BadRegistry for a file of ended entries whose list the registry lacks."""
    folder = registry_folder() / ENDED
    unknown = [one for one in sorted(folder.glob("*.csv")) if not is_code_list(one.stem)]
    if unknown:
        raise BadRegistry([Finding(f"{ENDED}/{one.name}", 1, _no_list(one)) for one in unknown])


def _no_list(path: Path) -> Text:
    return Text(
        f"没有代码表 {path.stem}，请按代码表改名",
        f"there is no code list {path.stem}: name the file after its list",
    )


def _ended(name: str) -> Iterator[CodeEntry]:
    path = registry_folder() / ENDED / f"{name}.csv"
    rows = read_rows(path, _ENDED_COLUMNS, key=("code", "valid_to"), optional=True)
    known = set(code_list(name)) | {row["code"] for row in rows}
    check_rows(path, rows, lambda row: _ended_faults(row, known))
    for row in rows:
        yield replace(
            _entry(row),
            valid_from=_day(row["valid_from"]),
            valid_to=date.fromisoformat(row["valid_to"]),
            successors=_codes(row["successors"]),
        )


def _codes(text: str) -> tuple[str, ...]:
    return tuple(one for one in text.split(";") if one)


def _ended_faults(row: dict[str, str], known: set[str]) -> Iterator[Text]:
    if is_blank(row["name_zh"]):
        yield Text("name_zh 是空的，请填写", "name_zh is empty: fill it in")
    if faults := list(_day_faults(row, "valid_from", "valid_to")):
        yield from faults
    elif (until := _day(row["valid_to"])) is None:
        yield Text("valid_to 是空的，请填写", "valid_to is empty: fill it in")
    elif (_day(row["valid_from"]) or date.min) >= until:
        yield Text("valid_from 须早于 valid_to", "valid_from must be before valid_to")
    if unknown := [code for code in _codes(row["successors"]) if code not in known]:
        listed = ", ".join(unknown)
        yield Text(
            f"successors 中的“{listed}”不在这张代码表中",
            f"“{listed}” of successors is not in this code list",
        )


def _division_entries() -> Iterator[CodeEntry]:
    by_code: dict[str, list[DivisionChange]] = {code: [] for code in divisions()}
    for change in changes():
        by_code.setdefault(change.code, []).append(change)
    for code, found in by_code.items():
        yield from _of_division(code, found)


def _of_division(code: str, found: list[DivisionChange]) -> Iterator[CodeEntry]:
    """The entries of one code: each change ends one, unless code and name live on."""
    current = divisions().get(code)
    names = [*(one.name for one in found), current.name.zh if current else ""]
    since, parent = _known(first_day(code)), _parent(code)
    redrawn: list[tuple[date, tuple[str, ...]]] = []
    for change, following in zip(found, names[1:], strict=True):
        if code in change.successors and following == change.name:
            redrawn.append((change.day, tuple(c for c in change.successors if c != code)))
            continue
        name = Text(change.name, change.name_en or change.name)
        yield CodeEntry(code, name, since, change.day, change.successors, parent, tuple(redrawn))
        since, redrawn = change.day, []
    if current is not None:
        yield CodeEntry(code, current.name, since, None, (), current.parent, tuple(redrawn))


def _known(day: date) -> date | None:
    return day if day > BEGINNING else None


def _parent(code: str) -> str | None:
    above = Region(code).at("city").code
    return above if above in divisions() and above != code else None
