"""Code lists of the registry, divisions and the tiles of the map; each file is read once."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import bad, check_rows, read_rows
from xihu_platform.errors import BadInput
from xihu_platform.words import Text

CODES = "codes"
DIVISIONS = f"{CODES}/divisions.csv"
SHOWN_PLACES = "shown_places.csv"
_COLUMNS = ("code", "name_zh", "name_en")
_KEY = ("code",)
TILES: dict[str, tuple[str, ...]] = {
    "tiles": ("code", "city_code", "col", "row"),
    "city_tiles": ("code", "col", "row"),
}
"""Drawings of the map, no codes of data."""
LEVELS = ("province", "city", "county")


@dataclass(frozen=True, slots=True)
class Division:
    """One division of GB/T 2260."""

    code: str
    name: Text
    level: str
    parent: str | None


@lru_cache
def list_names() -> tuple[str, ...]:
    """The code lists there are, by name."""
    found = (path.stem for path in (registry_folder() / CODES).glob("*.csv"))
    return tuple(sorted(name for name in found if name not in TILES))


def is_code_list(name: str) -> bool:
    """A list is named by its file's name; a path such as `changes/divisions` names none."""
    return name in list_names()


@lru_cache
def code_list(name: str) -> dict[str, Text]:
    """Code to name, in the file's order. Raises BadInput for a list the registry lacks."""
    if not is_code_list(name):
        raise BadInput(f"没有名为 {name} 的代码表", f"there is no code list called {name}")
    path = registry_folder() / CODES / f"{name}.csv"
    return _names(read_rows(path, _COLUMNS, key=_KEY))


def _names(rows: list[dict[str, str]]) -> dict[str, Text]:
    return {row["code"]: Text(row["name_zh"], row["name_en"]) for row in rows}


@lru_cache
def divisions() -> dict[str, Division]:
    """The province, its cities and counties, by code. Raises BadRegistry."""
    path = registry_folder() / DIVISIONS
    rows = read_rows(path, (*_COLUMNS, "level", "parent"), key=_KEY)
    names = _names(rows)
    check_rows(path, rows, lambda row: _division_faults(row, names))
    return {
        row["code"]: Division(row["code"], names[row["code"]], row["level"], row["parent"] or None)
        for row in rows
    }


def is_division_code(code: str) -> bool:
    """
    >>> is_division_code("330106"), is_division_code("3301"), is_division_code("３３０１０６")
    (True, False, False)
    """
    return len(code) == 6 and code.isascii() and code.isdecimal()


def _division_faults(row: dict[str, str], names: dict[str, Text]) -> list[Text]:
    found = []
    if not is_division_code(row["code"]):
        found.append(Text("code 须为六位数字", "code has six digits"))
    if row["level"] not in LEVELS:
        found.append(
            Text(f"level 须为 {'、'.join(LEVELS)} 之一", f"level is one of {', '.join(LEVELS)}")
        )
    if row["parent"] not in names if row["level"] != "province" else row["parent"]:
        found.append(
            Text(
                f"parent“{row['parent']}”有误：省级为空，其余填上级的代码",
                f"parent “{row['parent']}” is wrong: empty for the province, else the code above",
            )
        )
    return found


@lru_cache
def province() -> Division:
    """The division that all others lie in. Raises BadRegistry where there is not exactly one."""
    found = [one for one in divisions().values() if one.level == "province"]
    if len(found) != 1:
        raise bad(
            DIVISIONS,
            1,
            f"须恰有一行 level 为 province，现有 {len(found)} 行",
            f"exactly one row has the level province; there are {len(found)}",
        )
    return found[0]


@lru_cache
def shown_places() -> dict[str, Text]:
    """Names that pages use in place of the code list's: a demo's province is an example."""
    path = registry_folder() / SHOWN_PLACES
    return _names(read_rows(path, _COLUMNS, key=_KEY, optional=True))


def place_name(code: str) -> Text | None:
    """A division's name as pages show it; None for a code that is no division."""
    known = divisions().get(code)
    return shown_places().get(code, known.name) if known else None


@lru_cache
def map_tiles(name: str) -> tuple[dict[str, str], ...]:
    """Where each division is drawn, of `tiles` or `city_tiles`; none where there is no such map."""
    path = registry_folder() / CODES / f"{name}.csv"
    rows = read_rows(path, TILES[name], key=_KEY, optional=True)
    check_rows(path, rows, _tile_faults)
    return tuple(rows)


def _tile_faults(row: dict[str, str]) -> Iterator[Text]:
    for column in ("col", "row"):
        if not (row[column].isascii() and row[column].isdecimal()):
            yield Text(
                f"{column}“{row[column]}”应为不小于 0 的整数",
                f"{column} “{row[column]}” must be a whole number from 0",
            )
    for column in ("code", "city_code"):
        if column in row and row[column] not in divisions():
            yield Text(
                f"{column}“{row[column]}”不在 {DIVISIONS} 中",
                f"{column} “{row[column]}” is not in {DIVISIONS}",
            )
