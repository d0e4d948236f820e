"""What a search in CKAN's query language reads of each entry.

The records of contracts are in memory and are chosen for each request, because what is published
depends on who asks. Those of stored entries, which may be many, are in the search index.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from sys import intern
from typing import Literal

from xihu_catalog.datasets.entries import Entries
from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.datasets.service import Entry
from xihu_catalog.formats.ckan import (
    ckan_id,
    ckan_licence,
    ckan_name,
    created_of,
    extras_of,
    format_of,
    modified_of,
    organisation_key,
    resource_id,
    tags_of,
)
from xihu_platform.words import Text


@dataclass(frozen=True, slots=True)
class PackageGroup:
    """An organisation or a topic: what CKAN calls a group."""

    id: str
    name: str
    title: Text


@dataclass(frozen=True, slots=True)
class PackageResource:
    id: str
    name: Text
    format: str
    url: str


@dataclass(frozen=True, slots=True)
class PackageRecord:
    """What is compared, and sorted by."""

    entry: str
    id: str
    name: str
    title: Text
    notes: Text
    created: datetime
    modified: datetime
    organisation: PackageGroup
    topic: PackageGroup | None
    resources: tuple[PackageResource, ...]
    tags: tuple[str, ...]
    formats: tuple[str, ...]
    licence: str
    version: str | None
    page: str
    extras: Mapping[str, str]
    state: Literal["active", "draft"] = "active"

    @property
    def names(self) -> tuple[str, ...]:
        """What an action may name it, or one of its resources, by."""
        return (self.entry, self.id, self.name, *(one.id for one in self.resources))

    def values(self, field: str) -> tuple[str, ...]:
        """Of a field whose values are compared as they are; none of a field that is not known."""
        several = {"tags": self.tags, "res_format": self.formats}.get(field)
        if several is not None:
            return several
        topic = self.topic.name if self.topic else None
        one = {
            "id": self.id,
            "name": self.name,
            "organization": self.organisation.name,
            "owner_org": self.organisation.id,
            "groups": topic,
            "license_id": self.licence,
            "version": self.version,
            "url": self.page,
            "state": self.state,
            **THE_SAME,
        }
        value = one[field] if field in one else self.extras.get(field.removeprefix("extras_"))
        return (value,) if value else ()

    def every(self, field: str) -> tuple[str, ...]:
        """The same of `state` and the like as an extra, and of several titles and resources."""
        if field == "title_string":
            return _each_once((self.title.zh, self.title.en))
        if field == "res_name":
            return _each_once(one.name.zh for one in self.resources)
        if field == "res_url":
            return _each_once(one.url for one in self.resources)
        return self.values(f"extras_{field}" if field in EXTRAS else field)


EXTRAS = (
    *("state", "update_cycle", "frequency", "resource_code", "open_class", "synthetic", "entry"),
    *("spatial-text", "region_code", "temporal_start", "temporal_end", "harvest_source_title"),
)
"""Extras that are searched: the others are long, or of one entry alone."""
THE_SAME = {
    "private": "false",
    "capacity": "public",
    "dataset_type": "dataset",
    "type": "dataset",
    "entity_type": "package",
}
"""Of every entry."""


def _each_once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, values)))


def package_record(facts: EntryFacts) -> PackageRecord:
    organisation_id, organisation = organisation_key(facts.publisher, own=facts.origin is None)
    topic = None
    if facts.topic is not None:
        named, code = facts.topic
        topic = PackageGroup(ckan_id(named.iri), code.lower(), named.title)
    identity, name = ckan_id(facts.iri), ckan_name(facts.id)
    resources = tuple(
        PackageResource(
            resource_id(facts, part), one.title, format_of(one.form), one.download_url or ""
        )
        for part, one in facts.named_distributions
    )
    return PackageRecord(
        entry=facts.id,
        id=identity,
        name=name,
        title=facts.title,
        notes=facts.description,
        created=created_of(facts),
        modified=modified_of(facts),
        organisation=PackageGroup(organisation_id, organisation, facts.publisher.name),
        topic=topic,
        resources=resources,
        tags=tags_of(facts),
        formats=tuple(dict.fromkeys(one.format for one in resources)),
        licence=ckan_licence(facts.licence)[0],
        version=facts.version,
        page=facts.page,
        extras={intern(k): intern(v) for k, v in extras_of(facts) if k in EXTRAS},
    )


class PackageRecords:
    """Those of contracts; one for all readers of a process. A record is made again when the
    contract or the state of its table has changed."""

    def __init__(self) -> None:
        self._compiled: dict[str, tuple[Entry, PackageRecord]] = {}
        self._names: dict[str, str] = {}
        """The entry that an id or name was last made for."""

    def of(self, entries: Entries) -> "Packages":
        """The contracts' entries as one reader knows them now."""
        return Packages(self._of_contract(entries, one) for one in entries.contract_entries())

    def find(self, entries: Entries, reference: str) -> "Packages":
        """With the one entry that a name, or an id of it or of a resource, was made for before, as
        the reader knows it now; with all of them where that is not known."""
        entry = entries.contract_entry(self._names.get(reference, ""))
        if entry is not None:
            found = Packages([self._of_contract(entries, entry)])
            if found.has(reference):
                return found
        return self.of(entries)

    def _of_contract(self, entries: Entries, entry: Entry) -> PackageRecord:
        """A record says nothing that other contracts or the time of day could change."""
        name = entry.contract.dataset
        made = self._compiled.get(name)
        if (
            made is None
            or made[0].contract is not entry.contract
            or made[0].heartbeat != entry.heartbeat
        ):
            made = entry, package_record(entries.compiled(entry))
            self._compiled[name] = made
            self._names |= dict.fromkeys(made[1].names, name)
        return made[1]


class Packages:
    """Records that are in memory."""

    def __init__(self, records: Iterable[PackageRecord]) -> None:
        self._records = {one.entry: one for one in records}
        self._names: dict[str, str] = {}
        for one in self._records.values():
            for name in one.names:
                self._names.setdefault(name, one.entry)

    def with_drafts(self, drafts: Iterable[PackageRecord]) -> "Packages":
        """The same and these."""
        return Packages([*self._records.values(), *drafts])

    def has(self, reference: str) -> bool:
        return reference in self._names

    def __iter__(self) -> Iterator[PackageRecord]:
        return iter(self._records.values())

    def __len__(self) -> int:
        return len(self._records)

    def find(self, reference: str) -> PackageRecord | None:
        """By UUID, by name, or by the entry's own id."""
        found = self._records.get(reference) or self._named(reference)
        known = found is not None and reference in {found.entry, found.id, found.name}
        return found if known else None

    def find_resource(self, resource: str) -> PackageRecord | None:
        """The entry that has it."""
        found = self._named(resource)
        has = found is not None and any(one.id == resource for one in found.resources)
        return found if has else None

    def _named(self, name: str) -> PackageRecord | None:
        return self._records.get(self._names.get(name, ""))
