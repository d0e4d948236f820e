"""Repeated collection in the area of a data authority: what several of its departments collect,
datasets that are close to each other, and fields with the same values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlalchemy import Engine

from xihu_catalog.contracts.entries import unpublished
from xihu_catalog.contracts.model import Contract
from xihu_catalog.duplicates.overlap import BANDS, Band
from xihu_catalog.duplicates.repeats import (
    ClosePair,
    CollectedField,
    Repeat,
    close_pairs,
    collected_fields,
    find_repeats,
)
from xihu_catalog.duplicates.sketches import FieldKey, known_overlaps
from xihu_catalog.registry.people import organisations
from xihu_platform.identity.principal import Position
from xihu_platform.regions import Region

ORDER: tuple[Band, ...] = tuple(band for _, band in BANDS)
"""The strongest first."""


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


def repeated_collection(
    database: Engine, contracts: Iterable[Contract], position: Position, *, assessed: bool
) -> RepeatedCollection:
    """Of the datasets of departments in the position's area, among `contracts`, which are those
    that the caller knows of. Bands are those of published datasets, never of the position's own
    organisation, and there are none unless an impact assessment is in force (`assessed`)."""
    known, area = organisations(), Region(position.region)
    mine = [
        one
        for one in contracts
        if (provider := known.get(one.provider)) is not None
        and position.region
        and area.contains(provider.region)
    ]
    fields, repeats = collected_fields(mine), find_repeats(mine)
    hidden = unpublished(database).keys()
    shown = [
        one for one in mine if one.dataset not in hidden and one.provider != position.organisation
    ]
    measured = known_overlaps(database, shown) if assessed else {}
    return RepeatedCollection(
        repeats=repeats,
        bands=tuple(_strongest(one, measured) for one in repeats),
        pairs=tuple(close_pairs(repeats, fields)),
        overlaps=tuple(_overlaps(fields, measured)),
    )


_Measured = Mapping[tuple[FieldKey, FieldKey], Band]


def _strongest(repeat: Repeat, measured: _Measured) -> Band | None:
    keys = sorted(one.key for one in repeat.fields)
    found = [measured[pair] for pair in combinations(keys, 2) if pair in measured]
    return min(found, key=ORDER.index, default=None)


def _overlaps(fields: Sequence[CollectedField], measured: _Measured) -> list[ValueOverlap]:
    by_key = {one.key: one for one in fields}
    found = [
        ValueOverlap(by_key[one], by_key[other], band) for (one, other), band in measured.items()
    ]
    return sorted(found, key=lambda each: (ORDER.index(each.band), each.one.key, each.other.key))
