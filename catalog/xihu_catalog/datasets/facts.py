"""The facts of a catalogue entry: its page, its search document and every format are made of them.

An entry comes from a contract (`compiled.py`) or from another catalogue (`harvest`). The facts are
public: what is not published to a caller is not among the entries that the caller can ask for.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from xihu_catalog.contracts.model import UpdateCycle
from xihu_catalog.datasets.service import State
from xihu_platform.access.policy import Grade, OpenClass
from xihu_platform.regions import RegionLevel
from xihu_platform.words import Text

NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class NamedIri:
    """A law, a standard or another entry, by its address and its name."""

    iri: str
    title: Text


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """The department that publishes. `level` None where its region is not known."""

    id: str
    name: Text
    level: RegionLevel | None = None


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """Whom one asks about the data, and where."""

    name: Text
    url: str | None = None
    email: str | None = None
    telephone: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """A division of GB/T 2260."""

    code: str
    name: Text


@dataclass(frozen=True, slots=True)
class CoverageFacts:
    """The time the data is of; both ends are in it."""

    start: date | datetime | None = None
    end: date | datetime | None = None


@dataclass(frozen=True, slots=True)
class StateFacts:
    """The heartbeat. `as_of` is the newest value of the time field."""

    state: State
    loaded_at: datetime | None = None
    as_of: date | datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """One data item. `open`: everybody can read its values, so that it is in the files."""

    name: str
    title: Text
    description: Text
    logical_type: str
    type: str
    grade: Grade
    open: bool
    required: bool = False
    unique: bool = False
    unit: Text | None = None
    code_list: str | None = None
    codes: tuple[tuple[str, Text], ...] = ()
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    minimum: str | None = None
    maximum: str | None = None


@dataclass(frozen=True, slots=True)
class DistributionFacts:
    """One file or other form of the data. `form` is ours (csv …), or a source's own name for it."""

    form: str
    title: Text
    access_url: str
    download_url: str | None = None
    description: Text = NOTHING
    modified: date | datetime | None = None
    byte_size: int | None = None
    media_type: str | None = None
    licence: str | None = None
    """Its own, where it is not the entry's."""


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """The API that serves the entry's rows."""

    title: Text
    endpoint_url: str
    description_url: str | None = None
    conforms_to: tuple[NamedIri, ...] = ()


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """The dataset series that an entry is a part of."""

    id: str
    title: Text
    description: Text


EntryKind = Literal["dataset", "series", "service", "attestation"]
"""`attestation`: data that a department may not share; the entry has none of it."""


@dataclass(frozen=True, slots=True)
class OriginFacts:
    """Where a harvested entry is from: the source, the record's id there, and its page."""

    source: str
    record: str
    page: str | None = None
    harvested_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """One entry of the catalogue."""

    id: str
    iri: str
    """Names the dataset itself; `page` is the document about it."""
    page: str
    title: Text
    description: Text
    publisher: AgentFacts
    state: StateFacts
    open_class: OpenClass | None
    """None where a source does not say it."""
    conditions: Text = NOTHING
    version: str | None = None
    resource_code: str | None = None
    keywords: tuple[str, ...] = ()
    topic: tuple[NamedIri, str] | None = None
    """The registry's own topic, and its code, which the table of EU themes has."""
    themes: tuple[NamedIri, ...] = ()
    """Further themes, such as a source's own."""
    update_cycle: UpdateCycle | None = None
    languages: tuple[str, ...] = ("zh",)
    """Codes of ISO 639-1."""
    licence: str | None = None
    """As the contract writes it; None where nothing is licensed."""
    contact: ContactFacts | None = None
    place: PlaceFacts | None = None
    coverage: CoverageFacts | None = None
    provenance: Text | None = None
    sources: tuple[NamedIri, ...] = ()
    conforms_to: tuple[NamedIri, ...] = ()
    legislation: tuple[NamedIri, ...] = ()
    fields: tuple[FieldFacts, ...] = ()
    key: tuple[str, ...] = ()
    distributions: tuple[DistributionFacts, ...] = ()
    service: ServiceFacts | None = None
    series: SeriesFacts | None = None
    synthetic: bool = False
    kind: EntryKind = "dataset"
    issued: date | datetime | None = None
    modified: date | datetime | None = None
    """When the source changed it; of our own the newest load is it (`state.loaded_at`)."""
    origin: OriginFacts | None = None
    """None for an entry of this node's own."""

    @property
    def named_distributions(self) -> tuple[tuple[str, DistributionFacts], ...]:
        """Each with a name of its own: its form, from the second of a form on with a number."""
        made: list[tuple[str, DistributionFacts]] = []
        counts: dict[str, int] = {}
        for one in self.distributions:
            form = re.sub(r"[^a-z0-9]+", "-", one.form.lower()).strip("-") or "file"
            counts[form] = counts.get(form, 0) + 1
            made.append((form if counts[form] == 1 else f"{form}-{counts[form]}", one))
        return tuple(made)

    @property
    def open_fields(self) -> tuple[FieldFacts, ...]:
        """The columns of the files, in their order."""
        return tuple(one for one in self.fields if one.open)

    @property
    def open_key(self) -> tuple[str, ...]:
        """The key where the files have all of it."""
        names = {one.name for one in self.open_fields}
        return self.key if names.issuperset(self.key) else ()
