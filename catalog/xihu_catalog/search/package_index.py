"""Asks the index of stored entries what CKAN's queries ask: which ones, in a total order, how often
each value occurs. Nothing is in memory for each entry but the page that is asked for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import tantivy

from xihu_catalog.search.asking import SearchQuery, areas_query, whole_query
from xihu_catalog.search.packages import (
    MOMENTS,
    PART_OF,
    TEXT_OF,
    TITLE_OF,
    VALUES_OF,
    SortKey,
    microseconds,
)
from xihu_catalog.search.question import Question
from xihu_catalog.search.ranges import contains_pattern, range_pattern, wildcard_pattern
from xihu_platform.errors import TooLarge

VALUES = 65_000
"""Values of a field that are counted: tantivy counts no more at once."""
SHALLOW = 10_000
"""So many of the first are put in order by their texts at once."""
SETTLED = 20_000
"""Entries that a pattern finds, up to which the pattern is matched once in a request."""
_KEY = "ckan_id_0"
_MUST, _SHOULD, _NOT = tantivy.Occur.Must, tantivy.Occur.Should, tantivy.Occur.MustNot


@dataclass(frozen=True, slots=True)
class PackageHit:
    """An entry that was found, and its score among those that have the words."""

    entry: str
    score: float = 0.0


class StoredPackages:
    """One state of the index: what is asked of it in one answer fits together."""

    def __init__(self, index: tantivy.Index) -> None:
        self._schema = index.schema
        self._searcher = index.searcher()

    @property
    def schema(self) -> tantivy.Schema:
        return self._schema

    # What is asked

    def text(self, question: Question) -> tantivy.Query:
        """As the search page asks for it, with its scores."""
        place = areas_query(self._schema, question)
        return whole_query(self._schema, SearchQuery(question.text), question, place)

    def all(self) -> tantivy.Query:
        return _silent(tantivy.Query.all_query())

    def none(self) -> tantivy.Query:
        return tantivy.Query.empty_query()

    def term(self, name: str, value: str | int) -> tantivy.Query:
        """`name` as the index has it."""
        return _silent(tantivy.Query.term_query(self._schema, name, value))

    def has(self, name: str) -> tantivy.Query:
        return _silent(tantivy.Query.exists_query(name))

    def like(self, name: str, pattern: str) -> tantivy.Query:
        """`*` and `?` as Lucene has them. Raises ValueError for a pattern that is too large."""
        return self._regex(name, wildcard_pattern(pattern))

    def containing(self, name: str, text: str) -> tantivy.Query:
        """Values with a text in them."""
        return self._regex(name, contains_pattern(text))

    def between(
        self, name: str, low: str | None, high: str | None, *, with_low: bool, with_high: bool
    ) -> tantivy.Query:
        """By a pattern; where its ends are too long for one, by the values that there are.

        Raises TooLarge for a field with too many.
        """
        try:
            pattern = range_pattern(low, high, with_low=with_low, with_high=with_high)
            return self.none() if pattern is None else self._regex(name, pattern)
        except ValueError:
            values = [
                one
                for one in self.values(self.all(), name)
                if (low is None or low < one or (with_low and low == one))
                and (high is None or one < high or (with_high and one == high))
            ]
            return _silent(tantivy.Query.term_set_query(self._schema, name, values))

    def moments(
        self,
        name: str,
        low: datetime | None,
        high: datetime | None,
        *,
        with_low: bool = True,
        with_high: bool = True,
    ) -> tantivy.Query:
        found = tantivy.Query.range_query(
            self._schema,
            name,
            tantivy.FieldType.Integer,
            lower_bound=None if low is None else microseconds(low),
            upper_bound=None if high is None else microseconds(high),
            include_lower=with_low or low is None,
            include_upper=with_high or high is None,
        )
        return _silent(found)

    def phrase(self, name: str, words: Sequence[str]) -> tantivy.Query:
        if len(words) == 1:
            return self.term(name, words[0])
        return _silent(tantivy.Query.phrase_query(self._schema, name, list(words)))

    def _regex(self, name: str, pattern: str) -> tantivy.Query:
        """Matched once: what it finds is asked for by ids, whose first eight bytes are its key."""
        found = _silent(tantivy.Query.regex_query(self._schema, name, pattern))
        hits = self._searcher.search(found, SETTLED + 1, count=False).hits
        if len(hits) > SETTLED:
            return found
        keys = self._searcher.fast_field_values(_KEY, [address for _, address in hits])
        return _silent(tantivy.Query.term_set_query(self._schema, _KEY, keys))

    # What is found

    def count(self, query: tantivy.Query) -> int:
        return int(self._searcher.search(query, 1).count or 0)  # type: ignore[attr-defined]

    def best(self, query: tantivy.Query) -> float:
        """The highest score."""
        hits = self._searcher.search(query, 1, count=False).hits
        return float(hits[0][0]) if hits else 0.0

    def values(self, query: tantivy.Query, name: str) -> dict[str, int]:
        """Every value of a field with the number of entries that have it. Raises TooLarge."""
        terms = {"terms": {"field": name, "size": VALUES, "segment_size": VALUES}}
        try:
            found = self._searcher.aggregate(query, {"values": terms})["values"]
        except ValueError as fault:
            raise _too_many_values(name) from fault
        if found.get("sum_other_doc_count"):
            raise _too_many_values(name)
        return {str(one["key"]): int(one["doc_count"]) for one in found["buckets"]}

    def find(self, name: str, value: str) -> str | None:
        """The entry that has a value."""
        hits = self._searcher.search(self.term(name, value), 1, count=False).hits
        return self._entry(hits[0][1]) if hits else None

    def page(
        self,
        query: tantivy.Query,
        keys: Sequence[SortKey],
        start: int,
        rows: int,
        texts: tantivy.Query | None = None,
    ) -> list[PackageHit]:
        """By keys that `index_keys` has made; `texts` is what gives a score."""
        if rows <= 0:
            return []
        return list(self._sorted(query, list(keys), start, rows, texts))

    def _sorted(
        self,
        query: tantivy.Query,
        keys: list[SortKey],
        start: int,
        rows: int,
        texts: tantivy.Query | None,
    ) -> Iterator[PackageHit]:
        if not keys:
            for score, address in self._hits(query, start, rows, None, descending=True):
                yield PackageHit(self._entry(address), float(score))
            return
        (name, descending), rest = keys[0], keys[1:]
        if name == "score":
            yield from self._by_score(query, rest, start, rows, texts, descending=descending)
        elif name.startswith(PART_OF) and start + rows <= SHALLOW:
            yield from self._sorted(query, rest, start, rows, texts)
        elif start + rows <= SHALLOW and (name in MOMENTS.values() or name.startswith(TITLE_OF)):
            field = name.removeprefix(TITLE_OF)
            groups = self._first_groups(query, field, start + rows, descending=descending)
            yield from self._in_groups(groups, rest, start, rows, texts)
        elif name.startswith((VALUES_OF, TITLE_OF)):
            field, last = name.partition(":")[2], start + rows
            groups = self._value_groups(query, field, start, last, descending=descending)
            yield from self._in_groups(groups, rest, start, rows, texts)
        elif name.startswith(TEXT_OF):
            field = name.removeprefix(TEXT_OF)
            for _, address in self._hits(query, start, rows, field, descending=descending):
                yield PackageHit(self._entry(address))
        else:
            field = name.removeprefix(PART_OF)
            groups = self._number_groups(query, field, start, rows, descending=descending)
            yield from self._in_groups(groups, rest, start, rows, texts)

    def _in_groups(
        self,
        groups: "Iterator[_Group]",
        keys: list[SortKey],
        start: int,
        rows: int,
        texts: tantivy.Query | None,
    ) -> Iterator[PackageHit]:
        """Each group has its place in the order; within it the next keys decide."""
        for group in groups:
            first = max(start, group.first)
            last = min(start + rows, group.first + group.count)
            if first >= last:
                continue
            if group.entry is not None:
                yield PackageHit(group.entry)
            else:
                yield from self._sorted(group.query, keys, first - group.first, last - first, texts)

    def _first_groups(
        self, query: tantivy.Query, name: str, rows: int, *, descending: bool
    ) -> "Iterator[_Group]":
        """The groups of equal values that the first entries are in."""
        hits = self._hits(query, 0, rows, name, descending=descending)
        at = 0
        while at < len(hits):
            value, end = hits[at][0], at
            while end < len(hits) and hits[end][0] == value:
                end += 1
            equal = all_of(query, self.term(name, value))
            count = end - at if end < len(hits) else self.count(equal)
            yield _Group(equal, at, count, self._entry(hits[at][1]) if count == 1 else None)
            at = end

    def _number_groups(
        self, query: tantivy.Query, name: str, start: int, rows: int, *, descending: bool
    ) -> "Iterator[_Group]":
        """The groups of equal numbers that a page touches."""
        hits = self._hits(query, start, rows, name, descending=descending)
        at = 0
        while at < len(hits):
            value = hits[at][0]
            end = at
            while end < len(hits) and hits[end][0] == value:
                end += 1
            equal = all_of(query, self.term(name, value))
            if at > 0 and end < len(hits):  # the page has all of it
                entry = self._entry(hits[at][1]) if end - at == 1 else None
                yield _Group(equal, start + at, end - at, entry)
            else:
                first = start + at if at else self._count_before(query, name, value, descending)
                yield _Group(equal, first, self.count(equal))
            at = end

    def _count_before(self, query: tantivy.Query, name: str, value: int, descending: bool) -> int:
        kind = tantivy.FieldType.Integer if name in MOMENTS.values() else tantivy.FieldType.Unsigned
        before = tantivy.Query.range_query(
            self._schema,
            name,
            kind,
            lower_bound=value if descending else None,
            upper_bound=None if descending else value,
            include_lower=not descending,
            include_upper=descending,
        )
        return self.count(all_of(query, before))

    def _value_groups(
        self, query: tantivy.Query, name: str, start: int, last: int, *, descending: bool
    ) -> "Iterator[_Group]":
        """Those that a page from `start` to `last` is in; those without a value are the least.
        A question may be of 20,000 terms: none is made for a group that is not shown."""
        counts: list[tuple[str | None, int]] = sorted(
            self.values(query, name).items(), reverse=descending
        )
        missing = all_of(query, tantivy.Query.all_query(), without=self.has(name))
        counts.insert(len(counts) if descending else 0, (None, self.count(missing)))
        first = 0
        for value, n in counts:
            if first >= last:
                return
            if first + n > start:
                equal = missing if value is None else all_of(query, self.term(name, value))
                yield _Group(equal, first, n)
            first += n

    def _by_score(
        self,
        query: tantivy.Query,
        keys: list[SortKey],
        start: int,
        rows: int,
        texts: tantivy.Query | None,
        *,
        descending: bool,
    ) -> Iterator[PackageHit]:
        """Those with the words by their score, and the others by the next keys."""
        if texts is None:
            yield from self._sorted(query, keys, start, rows, None)
            return
        scored, others = all_of(query, _silent(texts)), all_of(query, self.all(), without=texts)
        count, left = self.count(scored), self.count(others)
        with_score = 0 if descending else left
        first, last = max(start, with_score), min(start + rows, with_score + count)
        found: list[PackageHit] = []
        if first < last:
            at = first - with_score if descending else with_score + count - last
            found = list(self._sorted(scored, [], at, last - first, None))
            found = found if descending else found[::-1]
        without = 0 if not descending else count
        first, last = max(start, without), min(start + rows, without + left)
        rest: list[PackageHit] = []
        if first < last:
            rest = list(self._sorted(others, keys, first - without, last - first, None))
        yield from (found + rest if descending else rest + found)

    def _hits(
        self,
        query: tantivy.Query,
        start: int,
        rows: int,
        name: str | None,
        *,
        descending: bool,
    ) -> list[tuple[int, tantivy.DocAddress]]:
        order = tantivy.Order.Desc if descending else tantivy.Order.Asc
        if name is None:
            return self._searcher.search(query, rows, count=False, offset=start).hits
        return self._searcher.search(
            query, rows, count=False, order_by_field=name, offset=start, order=order
        ).hits

    def _entry(self, address: tantivy.DocAddress) -> str:
        return str(self._searcher.doc(address)["id"][0])


@dataclass(frozen=True, slots=True)
class _Group:
    """Entries that a key does not tell apart: their place in the order, and their number."""

    query: tantivy.Query
    first: int
    count: int
    entry: str | None = None
    """Of a group of one, where it is known."""


def _silent(query: tantivy.Query) -> tantivy.Query:
    """It narrows, and gives no score."""
    return tantivy.Query.const_score_query(query, 0.0)


def all_of(*queries: tantivy.Query, without: tantivy.Query | None = None) -> tantivy.Query:
    parts = [(_MUST, one) for one in queries]
    parts += [(_NOT, without)] if without is not None else []
    return tantivy.Query.boolean_query(parts)


def group(
    must: Sequence[tantivy.Query], should: Sequence[tantivy.Query], never: Sequence[tantivy.Query]
) -> tantivy.Query:
    """As Lucene joins clauses: beside a required one an optional one need not match."""
    parts = [(_MUST, one) for one in must]
    if should and not must:
        parts.append((_MUST, tantivy.Query.boolean_query([(_SHOULD, one) for one in should])))
    parts = parts or [(_MUST, _silent(tantivy.Query.all_query()))]
    return tantivy.Query.boolean_query([*parts, *((_NOT, one) for one in never)])


def any_of(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(_SHOULD, one) for one in queries])


def _too_many_values(name: str) -> TooLarge:
    field = name.removeprefix("ckan_")
    return TooLarge(
        f"字段 {field} 的不同取值超过 {VALUES:,} 个，不能统计或据以排序，请加筛选条件",
        f"{field} has more than {VALUES:,} values here: add a filter to count them or sort by them",
    )
