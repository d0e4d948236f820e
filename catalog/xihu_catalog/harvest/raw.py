"""A dataset as a source describes it, before its texts are mapped to terms of ours."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from xihu_catalog.datasets.facts import EntryFacts
from xihu_platform.errors import PlatformError
from xihu_platform.words import Text

SourceKind = Literal["ckan", "dcat", "data_json", "xihu"]


@dataclass(frozen=True, slots=True)
class RawText:
    """`language` is the source's tag; empty where it gives none."""

    value: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class RawDistribution:
    titles: tuple[RawText, ...] = ()
    descriptions: tuple[RawText, ...] = ()
    access_url: str = ""
    download_url: str = ""
    formats: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    modified: str = ""
    byte_size: str = ""


@dataclass(frozen=True, slots=True)
class RawContact:
    names: tuple[RawText, ...] = ()
    url: str = ""
    email: str = ""
    telephone: str = ""


@dataclass(frozen=True, slots=True)
class RawDataset:
    """`identifier` is what the source calls it, `iri` names it on the Web; either may be empty."""

    identifier: str = ""
    iri: str = ""
    titles: tuple[RawText, ...] = ()
    descriptions: tuple[RawText, ...] = ()
    publishers: tuple[RawText, ...] = ()
    keywords: tuple[RawText, ...] = ()
    themes: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    frequencies: tuple[str, ...] = ()
    issued: str = ""
    modified: str = ""
    contact: RawContact | None = None
    page: str = ""
    start: str = ""
    end: str = ""
    version: str = ""
    places: tuple[str, ...] = ()
    """Codes and names of the places that it is about."""
    derived_from: tuple[str, ...] = ()
    """Addresses of the entries that it was made of, or harvested from."""
    distributions: tuple[RawDistribution, ...] = ()
    utc: bool = False
    """Times without a zone are UTC, as CKAN documents its own."""


@dataclass(frozen=True, slots=True)
class RecordFault:
    """A record that cannot be an entry. `record` is its id, or its place in the document."""

    record: str
    reason: Text


SourceRecord = EntryFacts | RecordFault
RawRecord = RawDataset | RecordFault


@dataclass(frozen=True, slots=True)
class RawPage:
    """One document of a source: its records, the next page's address, how many records in all."""

    records: tuple[RawRecord, ...]
    next: str | None = None
    total: int | None = None
    count: int = 0
    """Members of this document, with those that are left out because they are not public."""


@dataclass(frozen=True, slots=True)
class SourcePage:
    """The same with every record repaired."""

    records: tuple[SourceRecord, ...]
    next: str | None = None
    total: int | None = None
    count: int = 0


RECORD_LIMIT = 200_000
"""Of one document, and of one run: a source with more, or whose paging has no end, is refused."""


def check_count(count: int) -> None:
    """Before records are made of the members of a document. Raises SourceFault."""
    if count > RECORD_LIMIT:
        raise SourceFault(
            f"数据源超过 {RECORD_LIMIT:,} 条记录，已停止",
            f"the source has more than {RECORD_LIMIT:,} records: stopped",
        )


class SourceFault(PlatformError):
    """A document of a source that cannot be read as a whole."""

    status = 502


def no_record(place: str, found: object) -> RecordFault:
    """For a member of a list that is no object."""
    kind = type(found).__name__
    return RecordFault(
        place, Text(f"不是一条记录（{kind}）", f"is not a record but a value of type {kind}")
    )


def first(values: Iterable[str]) -> str:
    """The first that is not empty, or an empty text."""
    return next(filter(None, values), "")
