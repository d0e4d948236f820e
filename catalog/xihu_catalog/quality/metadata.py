"""The score of an entry's metadata after the Metadata Quality Assessment of data.europa.eu.

Weights and ratings: https://data.europa.eu/mqa/methodology (405 points in five dimensions). As
there, of several distributions the one with the most points counts. What the method asks of a
server over HTTP is taken from the state of the data where this node serves it; of entries of other
catalogues it is not checked, and the rating says what it would be either way.
"""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from xihu_catalog.datasets.facts import DistributionFacts, EntryFacts
from xihu_catalog.formats.authority import find_term
from xihu_catalog.formats.clean import clean, find_email, find_iri
from xihu_platform.words import Text

METHOD = "https://data.europa.eu/mqa/methodology"
FairDimension = Literal[
    "findability", "accessibility", "interoperability", "reusability", "contextuality"
]
MetadataRating = Literal["excellent", "good", "sufficient", "bad"]
FAIR_DIMENSIONS: tuple[FairDimension, ...] = get_args(FairDimension)
RATINGS: tuple[tuple[int, MetadataRating], ...] = (
    (351, "excellent"),
    (221, "good"),
    (121, "sufficient"),
    (0, "bad"),
)
"""The least points of each."""
MACHINE_READABLE = frozenset(
    {"csv", "tsv", "json", "geojson", "json_ld", "xml", "rdf_xml", "rdf_turtle", "xls", "xlsx"}
    | {"ods", "kml", "kmz", "gml", "gpkg", "shp"}
)
"""Of the formats that `file_type.csv` has: data that a program reads as records."""
NON_PROPRIETARY = frozenset(
    {"csv", "tsv", "json", "geojson", "json_ld", "xml", "rdf_xml", "rdf_turtle", "ods", "kml"}
    | {"kmz", "gpkg", "txt", "html", "png", "tiff", "gzip", "zip"}
)
"""Of the same: those of the EU's list of non-proprietary formats."""


@dataclass(frozen=True, slots=True)
class MetadataIndicator:
    """One indicator: `met` None where it was not checked; `advice`: what would meet it."""

    id: str
    dimension: FairDimension
    title: Text
    points: int
    met: bool | None
    advice: Text

    @property
    def scored(self) -> int:
        return self.points if self.met else 0


@dataclass(frozen=True, slots=True)
class MetadataScore:
    """All indicators of an entry."""

    indicators: tuple[MetadataIndicator, ...]
    has_files: bool = True
    """Whether the entry has a distribution; without one, what is asked of files is not met."""

    @property
    def points(self) -> int:
        return sum(one.scored for one in self.indicators)

    @property
    def most(self) -> int:
        return sum(one.points for one in self.indicators)

    @property
    def unchecked(self) -> int:
        """Points of what was not checked."""
        return sum(one.points for one in self.indicators if one.met is None)

    @property
    def ratings(self) -> tuple[MetadataRating, MetadataRating]:
        """If nothing of what was not checked is met, and if all of it is."""
        return rating(self.points), rating(self.points + self.unchecked)

    def of(self, dimension: FairDimension) -> "MetadataScore":
        """The part of one dimension."""
        mine = tuple(one for one in self.indicators if one.dimension == dimension)
        return MetadataScore(mine, self.has_files)

    @property
    def advice(self) -> tuple[Text, ...]:
        """What would raise it; nothing of files where there are none."""
        left = [
            one.advice
            for one in self.indicators
            if one.met is False and (self.has_files or one.id not in _OF_DISTRIBUTION)
        ]
        return tuple(dict.fromkeys(left))


def rating(points: int) -> MetadataRating:
    """
    >>> rating(405), rating(351), rating(350), rating(221), rating(121), rating(120)
    ('excellent', 'excellent', 'good', 'good', 'sufficient', 'bad')
    """
    return next(name for least, name in RATINGS if points >= least)


_OfEntry = Callable[[EntryFacts], bool]
_OfDistribution = Callable[[EntryFacts, DistributionFacts], bool | None]


def _answers(facts: EntryFacts, one: DistributionFacts) -> bool | None:
    """Of our own: whether the data that the address serves is there."""
    if facts.origin is not None:
        return None
    return find_iri(one.access_url) is not None and facts.state.state != "broken"


def _downloads(facts: EntryFacts, one: DistributionFacts) -> bool | None:
    return _answers(facts, one) if _has_download(facts, one) else False


def _has_download(_facts: EntryFacts, one: DistributionFacts) -> bool:
    return find_iri(one.download_url or "") is not None


def _has_format(_facts: EntryFacts, one: DistributionFacts) -> bool:
    return bool(clean(one.form))


def _has_media_type(_facts: EntryFacts, one: DistributionFacts) -> bool:
    return bool(clean(one.media_type or ""))


def _known_format(_facts: EntryFacts, one: DistributionFacts) -> bool:
    return find_term("file_type", one.form) is not None


def _not_proprietary(_facts: EntryFacts, one: DistributionFacts) -> bool:
    return one.form in NON_PROPRIETARY


def _machine_readable(_facts: EntryFacts, one: DistributionFacts) -> bool:
    return one.form in MACHINE_READABLE


def _compliant(facts: EntryFacts) -> bool:
    """What DCAT-AP 3 requires: title and description by the source, an access URL of each file."""
    named = any(map(clean, (facts.title.zh, facts.title.en)))
    described = any(map(clean, (facts.description.zh, facts.description.en)))
    reached = all(find_iri(one.access_url) for one in facts.distributions)
    return named and described and reached


def _licensed(facts: EntryFacts, one: DistributionFacts) -> bool:
    return bool(clean(one.licence or facts.licence or ""))


def _known_licence(facts: EntryFacts, one: DistributionFacts) -> bool:
    return find_term("licence", one.licence or facts.licence or "") is not None


def _has_rights(facts: EntryFacts, _one: DistributionFacts) -> bool:
    return any(map(clean, (facts.conditions.zh, facts.conditions.en)))


def _has_size(_facts: EntryFacts, one: DistributionFacts) -> bool:
    return one.byte_size is not None


def _spatial(facts: EntryFacts) -> bool:
    return facts.place is not None and bool(clean(facts.place.code))


def _temporal(facts: EntryFacts) -> bool:
    return facts.coverage is not None and bool(facts.coverage.start or facts.coverage.end)


def _has_contact(facts: EntryFacts) -> bool:
    one = facts.contact
    if one is None:
        return False
    return any((find_iri(one.url or ""), find_email(one.email or ""), clean(one.telephone or "")))


def _has_publisher(facts: EntryFacts) -> bool:
    return any(map(clean, (facts.publisher.name.zh, facts.publisher.name.en)))


_OF_ENTRY: Mapping[str, _OfEntry] = {
    "keywords": lambda facts: any(map(clean, facts.keywords)),
    "categories": lambda facts: facts.topic is not None or bool(facts.themes),
    "spatial": _spatial,
    "temporal": _temporal,
    "access_rights": lambda facts: facts.open_class is not None,
    "access_rights_vocabulary": lambda facts: (
        find_term("access_right", facts.open_class or "") is not None
    ),
    "contact_point": _has_contact,
    "publisher": _has_publisher,
    "issued": lambda facts: facts.issued is not None,
    "dcat_ap": _compliant,
    "modified": lambda facts: (facts.modified or facts.state.loaded_at) is not None,
}
_OF_DISTRIBUTION: Mapping[str, _OfDistribution] = {
    "access_url_status": _answers,
    "download_url": _has_download,
    "download_url_status": _downloads,
    "format": _has_format,
    "media_type": _has_media_type,
    "format_vocabulary": _known_format,
    "non_proprietary": _not_proprietary,
    "machine_readable": _machine_readable,
    "licence": _licensed,
    "licence_vocabulary": _known_licence,
    "rights": _has_rights,
    "byte_size": _has_size,
}


@lru_cache
def _rows() -> tuple[dict[str, str], ...]:
    text = Path(__file__).with_name("mqa.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def _indicators(met: Mapping[str, bool | None], *, has_files: bool = True) -> MetadataScore:
    dimensions: dict[str, FairDimension] = {name: name for name in FAIR_DIMENSIONS}
    return MetadataScore(
        tuple(
            MetadataIndicator(
                id=row["id"],
                dimension=dimensions[row["dimension"]],
                title=Text(row["title_zh"], row["title_en"]),
                points=int(row["points"]),
                met=met[row["id"]],
                advice=Text(row["advice_zh"], row["advice_en"]),
            )
            for row in _rows()
        ),
        has_files,
    )


def metadata_score(facts: EntryFacts) -> MetadataScore:
    """The score of one entry, by its facts alone: that of its best distribution."""
    entry: dict[str, bool | None] = {name: met(facts) for name, met in _OF_ENTRY.items()}
    scores = [
        _indicators(entry | {name: met(facts, one) for name, met in _OF_DISTRIBUTION.items()})
        for one in facts.distributions
    ]
    none = _indicators(entry | dict.fromkeys(_OF_DISTRIBUTION, False), has_files=False)
    return max(scores, key=lambda one: (one.points, one.unchecked), default=none)
