"""Divisions with their tiles, read from the registry, and made-up numbers for them."""

import csv
from functools import cache

from tests.registry import REGISTRY
from xihu_platform.words import Text
from xihu_portals.web.parts import Number, Suppressed, Tile

CODES = REGISTRY / "codes"


def _rows(name: str) -> list[dict[str, str]]:
    with (CODES / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@cache
def names() -> dict[str, Text]:
    return {row["code"]: Text(row["name_zh"], row["name_en"]) for row in _rows("divisions.csv")}


def short(name: Text) -> Text:
    zh = "景宁" if name.zh.startswith("景宁") else name.zh[:-1]
    return Text(zh, name.en.split(" ")[0])


def made_up(code: str) -> int:
    """A number that is the same in every run and looks like none of the real ones."""
    return 40 + (int(code) * 7919 + int(code[2:4]) * 104729) % 900


@cache
def cities() -> tuple[Tile, ...]:
    return tuple(
        Tile(
            row["code"],
            names()[row["code"]],
            short(names()[row["code"]]),
            row["code"],
            int(row["col"]),
            int(row["row"]),
            made_up(row["code"]) * 9,
            f"/official/region/{row['code']}",
            late=row["code"] == "331100",
            incomplete=row["code"] in {"330100", "331100"},
        )
        for row in _rows("city_tiles.csv")
    )


def _value(code: str) -> Number | Suppressed | None:
    if code == "330922":
        return Suppressed(10)
    return None if code == "330329" else made_up(code)


@cache
def counties() -> tuple[Tile, ...]:
    return tuple(
        Tile(
            row["code"],
            names()[row["code"]],
            short(names()[row["code"]]),
            row["city_code"],
            int(row["col"]),
            int(row["row"]),
            _value(row["code"]),
            f"/official/region/{row['code']}",
            late=row["code"] in {"331127", "331181", "330825"},
            incomplete=row["code"] in {"330112", "331127", "330329"},
        )
        for row in _rows("tiles.csv")
    )
