"""Repeated collection in the area of a data authority: what several of its departments collect,
datasets that are close to each other, and fields with the same values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlalchemy import Engine

from xihu_catalog.contracts.model import Contract
from xihu_catalog.duplicates.overlap import BANDS, Band, overlap_band
from xihu_catalog.duplicates.repeats import (
    ClosePair,
    CollectedField,
    Repeat,
    close_pairs,
    collected_fields,
    find_repeats,
)
from xihu_catalog.duplicates.sketches import FieldKey, usable_sketches
from xihu_catalog.registry.people import organisations
from xihu_platform.access.sketches import ValueSketch
from xihu_platform.identity.principal import Position
from xihu_platform.regions import Region

ORDER: tuple[Band, ...] = tuple(band for _, band in BANDS)
"""The strongest first."""
SHOWN_BANDS: tuple[Band, ...] = ("nearly_all", "most", "half")


@dataclass(frozen=True, slots=True)
class ValueOverlap:
    """Two fields of different departments, and how much of the one's values the other has."""

    one: CollectedField
    other: CollectedField
    band: Band


@dataclass(frozen=True, slots=True)
class RepeatedCollection:
    """All that was found."""

    repeats: tuple[Repeat, ...]
    bands: tuple[Band | None, ...]
    """For each repeat, the strongest band of its fields; None where nothing is known of them."""
    pairs: tuple[ClosePair, ...]
    overlaps: tuple[ValueOverlap, ...]
    compared: int
    """Fields whose values were compared."""


def repeated_collection(
    database: Engine, contracts: Iterable[Contract], position: Position
) -> RepeatedCollection:
    """Of the datasets of departments in the position's area, among `contracts`, which are those
    that the caller knows of. Without sketches there are no bands and no overlaps."""
    known, prefix = organisations(), Region(position.region).prefix
    mine = [
        one
        for one in contracts
        if (provider := known.get(one.provider)) is not None and provider.region.startswith(prefix)
    ]
    fields, repeats = collected_fields(mine), find_repeats(mine)
    sketches = usable_sketches(database, mine)
    measured = _measured(fields, sketches)
    return RepeatedCollection(
        repeats=repeats,
        bands=tuple(_strongest(one, measured) for one in repeats),
        pairs=tuple(close_pairs(repeats, fields)),
        overlaps=tuple(_overlaps(fields, measured)),
        compared=len(sketches),
    )


_Measured = dict[tuple[FieldKey, FieldKey], Band]


def _measured(
    fields: Sequence[CollectedField], sketches: Mapping[FieldKey, ValueSketch]
) -> _Measured:
    """By pair of fields of different departments, of which something can be said."""
    known = [one for one in fields if one.key in sketches]
    return {
        (one.key, other.key): band
        for one, other in combinations(known, 2)
        if one.contract.provider != other.contract.provider
        and (band := overlap_band(sketches[one.key], sketches[other.key])) is not None
    }


def _strongest(repeat: Repeat, measured: _Measured) -> Band | None:
    keys = sorted(one.key for one in repeat.fields)
    found = [measured[pair] for pair in combinations(keys, 2) if pair in measured]
    return min(found, key=ORDER.index, default=None)


def _overlaps(fields: Sequence[CollectedField], measured: _Measured) -> list[ValueOverlap]:
    by_key = {one.key: one for one in fields}
    found = [
        ValueOverlap(by_key[one], by_key[other], band)
        for (one, other), band in measured.items()
        if band in SHOWN_BANDS
    ]
    return sorted(found, key=lambda each: (ORDER.index(each.band), each.one.key, each.other.key))
