"""What a search has found: records in memory and stored entries of the index, in one order."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import merge
from itertools import islice
from typing import Any

import tantivy

from xihu_catalog.datasets.entries import Entries
from xihu_catalog.datasets.package_records import PackageRecord, package_record
from xihu_catalog.formats.ckan import ckan_name
from xihu_catalog.search.package_index import PackageHit, StoredPackages
from xihu_catalog.search.packages import MOMENTS, SortKey, index_keys
from xihu_platform.words import Language
from xihu_portals.api.ckan.answers import SearchQueryFault
from xihu_portals.api.ckan.indexed import CONSTANTS, field_in_index
from xihu_portals.api.ckan.values import SEVERAL, moment_of, values_of

PAGE = 1_000
"""Entries that are put in order at a time."""
SORT_KEYS = 10
DEFAULT_SORT = "score desc, metadata_modified desc"
BY_NAME = "name asc"
_SORT = re.compile(r"\s*([\w.-]+)\s+(asc|desc)\s*", re.IGNORECASE | re.ASCII)
_TITLES = {"title", "title_string"}


def in_batches(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """
    >>> list(in_batches("abc", 2))
    [['a', 'b'], ['c']]
    """
    every = iter(items)
    while some := list(islice(every, size)):
        yield some


def read_sort(sort: str) -> list[tuple[str, bool]]:
    """Fields, each with whether it descends; the name comes last and makes a total order.

    Raises SearchQueryFault.

    >>> read_sort("title_string desc")
    [('title_string', True), ('name', False), ('id', False)]
    """
    keys: list[tuple[str, bool]] = []
    for part in sort.split(","):
        match = _SORT.fullmatch(part)
        if match is None or len(keys) >= SORT_KEYS:
            raise SearchQueryFault(f"sort must read “field asc” or “field desc”: {part[:60]!r}")
        name = match.group(1)
        if name in SEVERAL - _TITLES:
            raise SearchQueryFault(f"can not sort on multivalued field: {name}")
        keys.append((name, match.group(2).lower() == "desc"))
    return [*keys, ("name", False), ("id", False)]


@dataclass(frozen=True)
class Selection:
    """Entries that match. `query` is None where there is no index of stored ones."""

    entries: Entries
    language: Language
    memory: list[PackageRecord]
    stored: StoredPackages | None = None
    query: tantivy.Query | None = None
    texts: tantivy.Query | None = None
    """What gives a stored entry its score."""
    scores: dict[str, float] = field(default_factory=dict)
    """Of those in memory that have the words."""

    @cached_property
    def _stored_count(self) -> int:
        if self.stored is None or self.query is None:
            return 0
        return self.stored.count(self.query)

    @property
    def count(self) -> int:
        return len(self.memory) + self._stored_count

    def pages(self, sort: str, start: int, rows: int) -> Iterator[str]:
        """Ids of entries, found page by page: of any number. Raises SearchQueryFault at once."""
        keys = read_sort(sort)
        return self._pages(keys, start, min(start + rows, self.count))

    def by_name(self) -> list[str]:
        """All at once: of few entries."""
        return self._page(read_sort(BY_NAME), 0, self.count)

    def _pages(self, keys: list[tuple[str, bool]], start: int, end: int) -> Iterator[str]:
        for at in range(start, end, PAGE):
            yield from self._page(keys, at, min(PAGE, end - at))

    def _page(self, keys: list[tuple[str, bool]], start: int, rows: int) -> list[str]:
        """The page of both, where the stored ones of the page and those before it, as many as are
        in memory, are enough to know the place of each."""
        if not self.memory:
            return [one.entry for one in self._hits(keys, start, rows)]
        ordered = sorted(self.memory, key=lambda one: self._key(one, keys, None, whole=True))
        if not self._stored_count:
            return [one.entry for one in ordered[start : start + rows]]
        mine = [(self._key(one, keys, self.scores.get(one.entry)), one.entry) for one in ordered]
        low = max(0, start - len(mine))
        window = self._with_keys(self._hits(keys, low, start + rows - low), keys)
        before = 0
        if low and window:
            before = sum(not window[0][0] < key for key, _ in mine)
        merged = merge(mine[before:], window, key=lambda pair: pair[0])
        first = start - low - before
        return [entry for _, entry in islice(merged, first, first + rows)]

    def _hits(self, keys: list[tuple[str, bool]], start: int, rows: int) -> list[PackageHit]:
        if self.stored is None or self.query is None:
            return []
        of_index: list[SortKey] = [
            one
            for name, descending in keys
            for one in index_keys(name, self.language, descending=descending)
        ]
        return self.stored.page(self.query, of_index, start, rows, self.texts)

    def _with_keys(
        self, hits: Sequence[PackageHit], keys: list[tuple[str, bool]]
    ) -> list[tuple["SortValue", str]]:
        if keys[0][0] == "name":  # no two entries have the same, and the id of an entry says it
            return [(_named(ckan_name(one.entry), keys), one.entry) for one in hits]
        facts = self.entries.find_many([one.entry for one in hits])
        return [
            (self._key(package_record(facts[one.entry]), keys, self._scaled(one)), one.entry)
            for one in hits
            if one.entry in facts
        ]

    def _scaled(self, hit: PackageHit) -> float | None:
        return hit.score / self._best if hit.score and self._best else None

    @cached_property
    def _best(self) -> float:
        if self.stored is None or self.texts is None:
            return 0.0
        return self.stored.best(self.texts)

    def _key(
        self,
        one: PackageRecord,
        keys: list[tuple[str, bool]],
        score: float | None,
        *,
        whole: bool = False,
    ) -> "SortValue":
        """Nothing comes behind a score: the index decides between two that are equal; and nothing
        behind a name."""
        if keys[0][0] == "name":
            return _named(one.name, keys)
        parts: list[tuple[Any, bool]] = []
        score = self.scores.get(one.entry) if whole else score
        for name, descending in keys:
            parts.append((self._value(one, name, score), descending))
            if name == "score" and score is not None and not whole:
                break
        return SortValue(tuple(parts))

    def _value(self, one: PackageRecord, name: str, score: float | None) -> Any:
        # Any: values of one field are of one type.
        if name == "score":
            return -1.0 if score is None else score
        if name in MOMENTS:
            return moment_of(one, name)
        if name in _TITLES:
            return one.title.to(self.language)
        return values_of(one, name)[:1]

    def values(self, name: str) -> dict[str, int]:
        """How often each value of a field occurs. Raises TooLarge."""
        found = Counter(value for one in self.memory for value in values_of(one, name))
        if self.stored is None or self.query is None or not self._stored_count:
            return dict(found)
        if name in CONSTANTS:
            found[CONSTANTS[name]] += self._stored_count
            return dict(found)
        known = field_in_index(name)
        if known is not None:
            found.update(self.stored.values(self.query, known))
        return dict(found)


def _named(name: str, keys: list[tuple[str, bool]]) -> "SortValue":
    return SortValue(((name, keys[0][1]),))


@dataclass(frozen=True, slots=True)
class SortValue:
    """Values of keys, compared one after the other, each in its direction."""

    parts: tuple[tuple[Any, bool], ...]
    """Any: values of one field are of one type."""

    def __lt__(self, other: "SortValue") -> bool:
        for (mine, descending), (its, _) in zip(self.parts, other.parts, strict=False):
            if mine != its:
                return bool(mine > its) if descending else bool(mine < its)
        return False


def facets_of(
    found: Selection, fields: Sequence[str], limit: int, least: int
) -> dict[str, dict[str, int]]:
    """For each field its values by how many of the entries have them; `limit` -1 is all."""
    facets: dict[str, dict[str, int]] = {}
    for name in fields:
        pairs = [(value, n) for value, n in found.values(name).items() if n >= least]
        pairs.sort(key=lambda pair: (-pair[1], pair[0]))
        facets[name] = dict(pairs[: limit if limit >= 0 else None])
    return facets
