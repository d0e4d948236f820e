"""What a search in CKAN's query language reads of each entry, kept in memory.

Of entries that no contract compiles into, the records are made once and follow the changes. Those
of contracts are chosen for each request, because what is published depends on who asks, and made
again when the contract or the state of its table has changed.
"""

import threading
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
    said,
    tags_of,
)
from xihu_platform.errors import TooLarge
from xihu_platform.words import Language, Text

_BATCH = 500
STORED_LIMIT = 20_000
"""Stored entries whose records a process keeps: about 6 kB each."""
_UNIQUE = {"data_as_of", "loaded_at", "due_at", "uri", "conditions", "guid"}
"""Extras that are not kept for searching: long, or of one entry alone."""


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
            **_THE_SAME,
        }
        value = one[field] if field in one else self.extras.get(field.removeprefix("extras_"))
        return (value,) if value else ()


_THE_SAME = {
    "private": "false",
    "capacity": "public",
    "dataset_type": "dataset",
    "type": "dataset",
    "entity_type": "package",
}
"""Of every entry."""


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
        extras={intern(k): intern(v) for k, v in extras_of(facts) if k not in _UNIQUE},
    )


@dataclass(frozen=True, slots=True)
class _Stored:
    """Records by entry; `names` leads from UUIDs, names and ids of resources to entries."""

    records: Mapping[str, PackageRecord]
    names: Mapping[str, str]


class PackageRecords:
    """Those of stored entries, in step with the database; one for all readers of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 0
        self._stored = _Stored({}, {})
        self._compiled: dict[str, tuple[Entry, PackageRecord]] = {}

    def of(self, entries: Entries) -> "Packages":
        """All entries as one reader knows them now."""
        stored = self._in_step(entries)
        return Packages([self._of_contract(entries, e) for e in entries.contract_entries()], stored)

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
        return made[1]

    def _in_step(self, entries: Entries) -> _Stored:
        with self._lock:
            changes = entries.stored_changes(self._number, _BATCH)
            if not changes:
                return self._stored
            _check_count(entries.stored_count())
            known = dict(self._stored.records)  # a search under way reads the former one
            number = self._number
            while changes:
                for one in changes:
                    known.pop(one.id, None)
                    if one.facts is not None:
                        known[one.id] = package_record(one.facts)
                number = max(one.number for one in changes)
                changes = entries.stored_changes(number, _BATCH)
            self._number, self._stored = number, _Stored(known, _names(known.values()))
            return self._stored


def _check_count(count: int) -> None:
    """Raises TooLarge."""
    if count > STORED_LIMIT:
        raise TooLarge(
            f"目录有 {count:,} 个其他来源的条目，本版 CKAN 接口最多检索 {STORED_LIMIT:,} 个；"
            "请使用 /catalog 或网页检索",
            f"the catalogue has {count:,} entries of other catalogues; this version's CKAN API "
            f"searches {STORED_LIMIT:,} at most: use /catalog, or the search page",
        )


def _names(records: Iterable[PackageRecord]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in records:
        for name in (one.id, one.name, *(its.id for its in one.resources)):
            found.setdefault(name, one.entry)
    return found


class Packages:
    """The records of one request."""

    def __init__(self, contracts: Iterable[PackageRecord], stored: _Stored) -> None:
        self._contracts = {one.entry: one for one in contracts}
        self._names = _names(self._contracts.values())
        self._stored = stored

    def with_drafts(self, drafts: Iterable[PackageRecord]) -> "Packages":
        """The same and these, which are found by no name of an entry."""
        return Packages([*self._contracts.values(), *drafts], self._stored)

    def __iter__(self) -> Iterator[PackageRecord]:
        yield from self._contracts.values()
        yield from self._stored.records.values()

    def __len__(self) -> int:
        return len(self._contracts) + len(self._stored.records)

    def of_entry(self, entry: str) -> PackageRecord | None:
        return self._contracts.get(entry) or self._stored.records.get(entry)

    def find(self, reference: str) -> PackageRecord | None:
        """By UUID, by name, or by the entry's own id."""
        found = self.of_entry(reference) or self._named(reference)
        known = found is not None and reference in {found.entry, found.id, found.name}
        return found if known else None

    def find_resource(self, resource: str) -> tuple[PackageRecord, int] | None:
        """The entry and the number of its distribution."""
        found = self._named(resource)
        for number, its in enumerate(found.resources if found else ()):
            if found is not None and its.id == resource:
                return found, number
        return None

    def _named(self, name: str) -> PackageRecord | None:
        entry = self._names.get(name) or self._stored.names.get(name)
        return self.of_entry(entry) if entry else None


def titles(groups: Iterable[PackageGroup], language: Language) -> dict[str, str]:
    """Names of groups to their titles."""
    return {one.name: said(one.title, language) or one.name for one in groups}
