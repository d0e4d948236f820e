"""The tile map's geometry and classes: where tiles lie, which borders are heavy, what shade."""

from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal

from xihu_platform.words import Language, Text
from xihu_portals.web.parts import Number, Suppressed, Tile, Words

SHADES = 7
PITCH = 60
"""Side of a tile with its share of the gap, in units of the drawing."""
_GAP = 2
_ROOM = 7
"""Latin letters that a tile is wide enough for; a Chinese short name is always shorter."""
_BAY_COLUMNS, _BAY_ROW = (6, 8), 2
"""The empty cells of the county map that are Hangzhou Bay."""


@dataclass(frozen=True, slots=True)
class Placed:
    tile: Tile
    x: int
    y: int
    shade: int | None
    """1 to SHADES; None where there is no value to show."""


@dataclass(frozen=True, slots=True)
class Range:
    """One step of the legend."""

    shade: int
    low: Number
    high: Number


@dataclass(frozen=True, slots=True)
class Drawing:
    placed: tuple[Placed, ...]
    borders: str
    """Path of the heavy lines around the tiles of each city."""
    width: int
    height: int
    side: int
    ranges: tuple[Range, ...]
    bay: tuple[int, int] | None
    """Place of the words 杭州湾."""


def on_tile(name: Words, language: Language) -> str:
    """A short name as a tile has room for it, at one size: long English ones are abbreviated.

    >>> on_tile(Text("上城", "Shangcheng"), "en"), on_tile(Text("西湖", "Xihu"), "en")
    ('Shangc.', 'Xihu')
    """
    text = name.to(language) if isinstance(name, Text) else name
    return text if len(text) <= _ROOM else f"{text[: _ROOM - 1]}."


def _values(tiles: tuple[Tile, ...]) -> list[Number]:
    return sorted(
        tile.value
        for tile in tiles
        if tile.value is not None and not isinstance(tile.value, Suppressed)
    )


def _limits(values: list[Number]) -> list[Number]:
    """Lower limits of the shades: as many tiles in each, so that one large city hides nobody."""
    distinct = sorted(set(values))
    steps = min(SHADES, len(distinct))
    return [distinct[index * len(distinct) // steps] for index in range(steps)]


def _shade(value: object, limits: list[Number]) -> int | None:
    if not isinstance(value, int | float | Decimal) or not limits:
        return None
    step = bisect_right(limits, value)
    return round(1 + (step - 1) * (SHADES - 1) / max(1, len(limits) - 1))


def _ranges(values: list[Number], limits: list[Number]) -> tuple[Range, ...]:
    found = []
    for index, low in enumerate(limits):
        last = index + 1 == len(limits)
        inside = [v for v in values if v >= low and (last or v < limits[index + 1])]
        found.append(Range(_shade(low, limits) or 1, low, inside[-1]))
    return tuple(found)


def _borders(tiles: tuple[Tile, ...], left: int, top: int) -> str:
    city = {(tile.col, tile.row): tile.city for tile in tiles}
    path = []
    for (col, row), own in sorted(city.items()):
        x, y = (col - left) * PITCH, (row - top) * PITCH
        if city.get((col - 1, row)) != own:
            path.append(f"M{x} {y}v{PITCH}")
        if city.get((col, row - 1)) != own:
            path.append(f"M{x} {y}h{PITCH}")
        if (col + 1, row) not in city:
            path.append(f"M{x + PITCH} {y}v{PITCH}")
        if (col, row + 1) not in city:
            path.append(f"M{x} {y + PITCH}h{PITCH}")
    return "".join(path)


def draw(tiles: tuple[Tile, ...]) -> Drawing:
    """Lay the tiles out in units of the drawing; the box is cut to the tiles that are there."""
    left, top = min(t.col for t in tiles), min(t.row for t in tiles)
    columns = max(t.col for t in tiles) - left + 1
    rows = max(t.row for t in tiles) - top + 1
    values = _values(tiles)
    limits = _limits(values) if values else []
    placed = tuple(
        Placed(
            tile,
            (tile.col - left) * PITCH + _GAP // 2,
            (tile.row - top) * PITCH + _GAP // 2,
            _shade(tile.value, limits),
        )
        for tile in sorted(tiles, key=lambda tile: tile.code)
    )
    taken = {(tile.col, tile.row) for tile in tiles}
    whole = columns > _BAY_COLUMNS[1] and not any(
        (col, _BAY_ROW) in taken for col in range(_BAY_COLUMNS[0], _BAY_COLUMNS[1] + 1)
    )
    middle = (sum(_BAY_COLUMNS) / 2 + 0.5 - left) * PITCH
    return Drawing(
        placed,
        _borders(tiles, left, top),
        columns * PITCH,
        rows * PITCH,
        PITCH - _GAP,
        _ranges(values, limits),
        (round(middle), round((_BAY_ROW - top + 0.5) * PITCH)) if whole else None,
    )
