"""The packages of one request: the contracts' in memory, and stored entries in the index."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import tantivy

from xihu_catalog.datasets.entries import Entries, is_stored
from xihu_catalog.datasets.package_records import (
    PackageGroup,
    PackageRecord,
    Packages,
    package_record,
)
from xihu_catalog.formats.ckan import ckan_tag
from xihu_catalog.search.package_index import StoredPackages, all_of, any_of
from xihu_catalog.search.packages import group_of
from xihu_platform.errors import TransientError
from xihu_platform.words import Language
from xihu_portals.api.ckan.indexed import IndexedQuery
from xihu_portals.api.ckan.matching import Matching, read_queries, text_query
from xihu_portals.api.ckan.selection import Selection
from xihu_portals.services import Services

ORGANISATION, TOPIC = "organization", "group"


@dataclass(frozen=True)
class PackageCatalogue:
    """As the caller knows them now."""

    services: Services
    language: Language

    @cached_property
    def entries(self) -> Entries:
        return self.services.entries

    @cached_property
    def memory(self) -> Packages:
        return self.services.package_records.of(self.entries)

    @cached_property
    def stored(self) -> StoredPackages | None:
        """Raises TransientError while the index of them is built for the first time."""
        found = self.services.stored_index.packages()
        if found is None and self.entries.stored_count():
            raise TransientError(
                "检索索引正在建立，请稍后再试",
                "the search index is being built: try again in a moment",
            )
        return found

    def find(self, reference: str) -> PackageRecord | None:
        """By UUID, by name, or by the entry's own id."""
        record = self.memory.find(reference)
        if record is not None:
            return record
        found = self._record(reference) if is_stored(reference) else None
        for name in ("ckan_id", "ckan_name"):
            if found is None and self.stored is not None:
                found = self._record(self.stored.find(name, reference))
        return found

    def find_resource(self, resource: str) -> PackageRecord | None:
        """The entry that has it."""
        record = self.memory.find_resource(resource)
        if record is None and self.stored is not None:
            return self._record(self.stored.find("ckan_res_id", resource))
        return record

    def _record(self, entry: str | None) -> PackageRecord | None:
        facts = self.entries.find(entry) if entry else None
        return package_record(facts) if facts is not None else None

    def selection(
        self, records: list[PackageRecord], ask: Callable[[StoredPackages], tantivy.Query]
    ) -> Selection:
        """These of memory, and what `ask` makes of the index."""
        stored = self.stored
        query = ask(stored) if stored is not None else None
        return Selection(self.entries, self.language, records, stored, query)

    def everything(self) -> Selection:
        return self.selection(list(self.memory), StoredPackages.all)

    def search(
        self,
        q: str,
        filters: Iterable[str],
        now: datetime,
        drafts: Iterable[PackageRecord] = (),
    ) -> Selection:
        """Raises SearchQueryFault."""
        queries = read_queries(q, filters)
        index, stored = self.services.search, self.stored
        matching = Matching(self.memory.with_drafts(drafts), index, now)
        found = matching.find(queries)
        if stored is None:
            return Selection(self.entries, self.language, found, scores=matching.scores)
        asked = IndexedQuery(stored, now, lambda text: index.question(text_query(text)))
        query = all_of(stored.all(), *(asked.of(one) for one in queries))
        return Selection(
            self.entries, self.language, found, stored, query, asked.texts, matching.scores
        )

    def groups(self, kind: str) -> dict[PackageGroup, int]:
        """All organisations or all topics, with how many entries each has."""
        found: dict[str, tuple[PackageGroup, int]] = {}
        for one in self.memory:
            group = one.organisation if kind == ORGANISATION else one.topic
            if group is not None:
                first, count = found.get(group.name, (group, 0))
                found[group.name] = first, count + 1
        if self.stored is not None:
            for key, n in self.stored.values(self.stored.all(), f"ckan_{kind}_key").items():
                group = group_of(key)
                first, count = found.get(group.name, (group, 0))
                found[group.name] = first, count + n
        return {group: count for _, (group, count) in sorted(found.items())}

    def with_group(self, kind: str, name: str) -> Selection:
        def is_in(one: PackageRecord) -> bool:
            group = one.organisation if kind == ORGANISATION else one.topic
            return group is not None and group.name == name

        field = "ckan_organization" if kind == ORGANISATION else "ckan_groups"
        records = [one for one in self.memory if is_in(one)]
        return self.selection(records, lambda stored: stored.term(field, name))

    def tags(self) -> dict[str, int]:
        """Raises TooLarge."""
        return self.everything().values("tags")

    def with_tag(self, reference: str) -> Selection:
        """By its name or its UUID."""

        def has(one: PackageRecord) -> bool:
            return any(reference in {tag, ckan_tag(tag)["id"]} for tag in one.tags)

        return self.selection(
            [one for one in self.memory if has(one)],
            lambda stored: any_of(
                [stored.term("ckan_tags", reference), stored.term("ckan_tag_id", reference)]
            ),
        )
