"""Which entries a query in Solr's language finds, in which order, and how often each value occurs.

A field that no entry has finds nothing. Words without a field, and in `text`, are looked up in the
node's own index; they are compared with titles and descriptions word by word.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from xihu_catalog.datasets.package_records import PackageRecord, Packages, titles
from xihu_catalog.formats.authority import find_term
from xihu_catalog.search.asking import SearchQuery
from xihu_catalog.search.index import SearchIndex
from xihu_platform.words import Language
from xihu_portals.api.ckan.answers import Json, SearchFault, SearchQueryFault
from xihu_portals.api.ckan.solr import (
    QUERY_LENGTH,
    SolrAll,
    SolrGroup,
    SolrQuery,
    SolrRange,
    SolrTerm,
    parse_solr,
    solr_moment,
)

TEXT_LENGTH = 200
FILTERS = 50
"""Filters of one request, in `fq` and `fq_list` together."""
WORK = 2_000_000
"""Clauses times entries that one request may compare."""
SORT_KEYS = 10
TEXTS = 16
"""Words of one query that the index is asked for."""
_WORD = re.compile(r"[^\W_]+(?:_[^\W_]+)*|_")
_PLAIN = re.compile(r'[:"()*?+\-!\[\]{}^~\\/]|&&|\|\||\b(?:AND|OR|NOT)\b')
_HAN = re.compile("([\u3400-\u9fff])")
_DATES = {"metadata_modified", "metadata_created"}
_EVERYTHING = {"", "*:*", "*", '""', "''"}
Value = TypeVar("Value", str, datetime)
Match = Callable[[PackageRecord], bool]


class Matching:
    """The queries of one request over the entries that its caller knows of."""

    def __init__(self, packages: Packages, index: SearchIndex, now: datetime) -> None:
        self._packages = packages
        self._index = index
        self._now = now
        self.ranks: dict[str, int] = {}
        """The place of an entry in the index's order, for `score`."""
        self._texts = 0
        self._clauses = 0
        self._words_of: dict[tuple[str, str], str] = {}
        """Words of a field of an entry, which several clauses may ask for."""

    def find(self, q: str, filters: Iterable[str]) -> list[PackageRecord]:
        """Those that match `q` and every filter. Raises SearchQueryFault."""
        filters = list(filters)
        if len(filters) > FILTERS or sum(map(len, filters)) > QUERY_LENGTH:
            raise SearchQueryFault(
                f"at most {FILTERS} filters, of {QUERY_LENGTH} characters together"
            )
        if any(one.lstrip().startswith("{!") for one in (q, *filters)):
            raise SearchFault("Local parameters are not supported")
        tests = [self._match(parse_solr(one)) for one in filters if one.strip() not in _EVERYTHING]
        if q.strip() not in _EVERYTHING:
            tests.append(self._match_query(q))
        return [one for one in self._packages if all(test(one) for test in tests)]

    def _match_query(self, q: str) -> Match:
        """Without any sign of the language it is a plain text, as CKAN's `dismax` reads it."""
        if _PLAIN.search(q) is None:
            return self._words(q)
        try:
            return self._match(parse_solr(q))
        except SearchQueryFault:
            if ":" in q:
                raise
            return self._words(_PLAIN.sub(" ", q))

    def _match(self, query: SolrQuery) -> Match:
        self._clauses += 1
        if self._clauses * len(self._packages) > WORK:
            raise SearchQueryFault("too many clauses for a catalogue of this size")
        if isinstance(query, SolrGroup):
            return self._match_group(query)
        if isinstance(query, SolrRange):
            return self._match_range(query)
        if isinstance(query, SolrAll):
            return lambda _one: True
        return self._match_term(query)

    def _match_group(self, query: SolrGroup) -> Match:
        parts: dict[str, list[Match]] = {"must": [], "should": [], "not": []}
        for occur, clause in query.clauses:
            parts[occur].append(self._match(clause))
        must, some, never = parts["must"], parts["should"], parts["not"]
        if must or not some:
            return lambda one: all(t(one) for t in must) and not any(t(one) for t in never)
        return lambda one: any(t(one) for t in some) and not any(t(one) for t in never)

    def _match_term(self, term: SolrTerm) -> Match:
        field, value = term.field, term.value
        if field is None or field == "text":
            return self._words(value)
        if field in _DATES:
            if value == "*" and not term.quoted:
                return lambda _one: True
            moment = solr_moment(value, self._now)
            return lambda one: _moment(one, field) == moment
        if field in {"title", "notes"}:
            wanted = tuple(_tokens(value))
            if not term.quoted and ("*" in value or "?" in value):
                folded = value.casefold()
                return lambda one: any(
                    wildcard(folded, word) for word in self._text(one, field).split()
                )
            phrase = f" {' '.join(wanted)} "
            return lambda one: bool(wanted) and phrase in self._text(one, field)
        if not term.quoted and ("*" in value or "?" in value):
            return lambda one: any(wildcard(value, v) for v in _values(one, field))
        return lambda one: value in _values(one, field)

    def _text(self, one: PackageRecord, field: str) -> str:
        """With a blank before and behind each word."""
        key = (one.entry, field)
        if key not in self._words_of:
            text = one.title if field == "title" else one.notes
            self._words_of[key] = f" {' '.join(_tokens(f'{text.zh} | {text.en}'))} "
        return self._words_of[key]

    def _match_range(self, asked: SolrRange) -> Match:
        field, low, high = asked.field, asked.low, asked.high
        if field in _DATES:
            start = solr_moment(low, self._now) if low is not None else None
            end = solr_moment(high, self._now) if high is not None else None
            return lambda one: _within(_moment(one, field), start, end, asked)
        return lambda one: any(_within(value, low, high, asked) for value in _values(one, field))

    def _words(self, text: str) -> Match:
        """What the index finds for them."""
        if len(text) > TEXT_LENGTH:
            raise SearchQueryFault(f"a text has at most {TEXT_LENGTH} characters")
        self._texts += 1
        if self._texts > TEXTS:
            raise SearchQueryFault(f"a query has at most {TEXTS} words without a field")
        text = text.replace("*", " ").replace("?", " ").replace("\x00", " ")
        asked = SearchQuery(text, limit=max(1, len(self._packages)), as_typed=True)
        found = self._index.search(asked)
        if found.total > len(found.ids):
            raise SearchQueryFault("more entries have this text than can be listed: add a filter")
        for rank, entry in enumerate(found.ids):
            self.ranks.setdefault(entry, rank)
        ids = frozenset(found.ids)
        wanted = _tokens(text)
        return lambda one: one.entry in ids or (one.state == "draft" and self._has(one, wanted))

    def _has(self, one: PackageRecord, wanted: list[str]) -> bool:
        """Whether a draft, which no index has, has all of the words."""
        texts = {*self._text(one, "title").split(), *self._text(one, "notes").split(), one.name}
        texts.update(word for tag in one.tags for word in _tokens(tag))
        return bool(wanted) and texts.issuperset(wanted)


def wildcard(pattern: str, text: str) -> bool:
    """`*` and `?` as Lucene has them, in linear steps for each star.

    >>> wildcard("fg_*s", "fg_penalties"), wildcard("a?", "a"), wildcard("*", "")
    (True, False, True)
    """
    p = t = 0
    star, mark = -1, 0
    while t < len(text):
        if p < len(pattern) and pattern[p] == "*":
            star, mark = p, t
            p += 1
        elif p < len(pattern) and pattern[p] in {"?", text[t]}:
            p, t = p + 1, t + 1
        elif star >= 0:
            mark += 1
            p, t = star + 1, mark
        else:
            return False
    return all(one == "*" for one in pattern[p:])


def _tokens(text: str) -> list[str]:
    """Words in lower case; of Chinese each character, so that a term finds them in their order.

    >>> _tokens("Air质量-2"), _tokens("fg_penalties")
    (['air', '质', '量', '2'], ['fg_penalties'])
    """
    return _WORD.findall(_HAN.sub(r" \1 ", text.casefold()))


def _values(one: PackageRecord, field: str) -> tuple[str, ...]:
    if field == "title_string":
        return tuple(filter(None, (one.title.zh, one.title.en)))
    if field in {"res_name", "res_url"}:
        return tuple(r.url if field == "res_url" else r.name.zh for r in one.resources)
    return one.values(field)


def _moment(one: PackageRecord, field: str) -> datetime:
    return one.modified if field == "metadata_modified" else one.created


def _within(value: Value, low: Value | None, high: Value | None, asked: SolrRange) -> bool:
    over = low is None or low < value or (asked.with_low and low == value)
    return over and (high is None or value < high or (asked.with_high and value == high))


DEFAULT_SORT = "score desc, metadata_modified desc"
_SORT = re.compile(r"\s*([\w.]+)\s+(asc|desc)\s*", re.IGNORECASE | re.ASCII)


def in_order(
    records: list[PackageRecord], sort: str, ranks: dict[str, int], language: Language
) -> list[PackageRecord]:
    """Sorted by each key, and then by name: a total order. An unknown key orders nothing.

    Raises SearchQueryFault.
    """
    keys: list[tuple[str, bool]] = []
    for part in sort.split(","):
        match = _SORT.fullmatch(part)
        if match is None or len(keys) >= SORT_KEYS:
            raise SearchQueryFault(f"sort must read “field asc” or “field desc”: {part[:60]!r}")
        keys.append((match.group(1), match.group(2).lower() == "desc"))
    last = len(ranks)
    found = sorted(records, key=lambda one: (one.name, one.id))
    for field, descending in reversed(keys):
        if field == "score":
            found.sort(key=lambda one: ranks.get(one.entry, last), reverse=not descending)
        elif field in _DATES:
            found.sort(key=lambda one: _moment(one, field), reverse=descending)
        elif field in {"title", "title_string"}:
            found.sort(key=lambda one: one.title.to(language), reverse=descending)
        else:
            found.sort(key=lambda one: _values(one, field)[:1], reverse=descending)
    return found


def count_facets(
    records: Iterable[PackageRecord], fields: Sequence[str], limit: int, least: int
) -> dict[str, dict[str, int]]:
    """For each field its values by how many of the entries have them; `limit` -1 is all."""
    counts: dict[str, Counter[str]] = {field: Counter() for field in fields}
    for one in records:
        for field, counter in counts.items():
            counter.update(_values(one, field))
    return {
        field: dict(
            sorted(
                ((value, n) for value, n in counter.items() if n >= least),
                key=lambda pair: (-pair[1], pair[0]),
            )[: limit if limit >= 0 else None]
        )
        for field, counter in counts.items()
    }


def search_facets(
    facets: dict[str, dict[str, int]], packages: Packages, language: Language
) -> dict[str, Json]:
    """The same with the titles of groups and licences, as CKAN's pages show them."""
    known = titles((one.organisation for one in packages), language)
    known |= titles((one.topic for one in packages if one.topic), language)
    found: dict[str, Json] = {}
    for field, counts in facets.items():
        items = [
            {"name": value, "display_name": _label(field, value, known, language), "count": n}
            for value, n in counts.items()
        ]
        items.sort(key=lambda one: str(one["display_name"]), reverse=True)
        found[field] = {"title": field, "items": items}
    return found


def _label(field: str, value: str, known: dict[str, str], language: Language) -> str:
    if field == "license_id":
        term = find_term("licence", value)
        return term.label.to(language) if term else value
    return known.get(value, value) if field in {"groups", "organization"} else value
