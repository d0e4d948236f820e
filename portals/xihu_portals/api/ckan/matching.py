"""Which records in memory a query in Solr's language finds: those of contracts, and of drafts.

A field that no entry has finds nothing. Words without a field, and in `text`, are looked up in the
node's own index; they are compared with titles and descriptions word by word.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from xihu_catalog.datasets.package_records import PackageRecord, Packages
from xihu_catalog.search.asking import SearchQuery
from xihu_catalog.search.index import SearchIndex
from xihu_catalog.search.packages import MOMENTS, solr_words, words_of
from xihu_portals.api.ckan.answers import SearchFault, SearchQueryFault
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
from xihu_portals.api.ckan.values import is_within, moment_of, values_of, wildcard

TEXT_LENGTH = 200
FILTERS = 50
"""Filters of one request, in `fq` and `fq_list` together."""
WORK = 2_000_000
"""Clauses times records that one request may compare."""
TEXTS = 16
"""Words of one query that the index is asked for."""
_PLAIN = re.compile(r'[:"()*?+\-!\[\]{}^~\\/]|&&|\|\||\b(?:AND|OR|NOT)\b')
_EVERYTHING = {"", "*:*", "*", '""', "''"}
Match = Callable[[PackageRecord], bool]


def read_queries(q: str, filters: Iterable[str]) -> list[SolrQuery]:
    """All of which an entry has to match. Raises SearchQueryFault."""
    filters = list(filters)
    if len(filters) > FILTERS or sum(map(len, filters)) > QUERY_LENGTH:
        raise SearchQueryFault(f"at most {FILTERS} filters, of {QUERY_LENGTH} characters together")
    if any(one.lstrip().startswith("{!") for one in (q, *filters)):
        raise SearchFault("Local parameters are not supported")
    found = [parse_solr(one) for one in filters if one.strip() not in _EVERYTHING]
    if q.strip() not in _EVERYTHING:
        found.append(_read_query(q))
    texts = [one for query in found for one in _texts(query)]
    if len(texts) > TEXTS:
        raise SearchQueryFault(f"a query has at most {TEXTS} words without a field")
    if any(len(one) > TEXT_LENGTH for one in texts):
        raise SearchQueryFault(f"a text has at most {TEXT_LENGTH} characters")
    return found


def _read_query(q: str) -> SolrQuery:
    """Without any sign of the language it is a plain text, as CKAN's `dismax` reads it."""
    if _PLAIN.search(q) is None:
        return SolrTerm(None, q)
    try:
        return parse_solr(q)
    except SearchQueryFault:
        if ":" in q:
            raise
        return SolrTerm(None, _PLAIN.sub(" ", q))


def _texts(query: SolrQuery) -> Iterator[str]:
    if isinstance(query, SolrGroup):
        for _, clause in query.clauses:
            yield from _texts(clause)
    elif isinstance(query, SolrTerm) and query.field in {None, "text"}:
        yield query.value


def text_query(text: str, limit: int = 1) -> SearchQuery:
    """What the node's own index is asked for."""
    plain = text.replace("*", " ").replace("?", " ").replace("\x00", " ")
    return SearchQuery(plain, limit=max(1, limit), as_typed=True)


class Matching:
    """The queries of one request over the records that its caller knows of."""

    def __init__(self, packages: Packages, index: SearchIndex, now: datetime) -> None:
        self._packages = packages
        self._index = index
        self._now = now
        self.scores: dict[str, float] = {}
        """Of the entries that have the words."""
        self._clauses = 0
        self._words_of: dict[tuple[str, str], str] = {}
        """Words of a field of an entry, which several clauses may ask for."""

    def find(self, queries: Iterable[SolrQuery]) -> list[PackageRecord]:
        """Those that match all. Raises SearchQueryFault."""
        tests = [self._match(one) for one in queries]
        return [one for one in self._packages if all(test(one) for test in tests)]

    def _match(self, query: SolrQuery, *, asked: bool = True) -> Match:
        """`asked`: what is not asked for, but excluded, gives no score."""
        self._clauses += 1
        if self._clauses * len(self._packages) > WORK:
            raise SearchQueryFault("too many clauses for a catalogue of this size")
        if isinstance(query, SolrGroup):
            return self._match_group(query, asked=asked)
        if isinstance(query, SolrRange):
            return self._match_range(query)
        if isinstance(query, SolrAll):
            return lambda _one: True
        return self._match_term(query, asked=asked)

    def _match_group(self, query: SolrGroup, *, asked: bool) -> Match:
        parts: dict[str, list[Match]] = {"must": [], "should": [], "not": []}
        for occur, clause in query.clauses:
            parts[occur].append(self._match(clause, asked=asked and occur != "not"))
        must, some, never = parts["must"], parts["should"], parts["not"]
        if must or not some:
            return lambda one: all(t(one) for t in must) and not any(t(one) for t in never)
        return lambda one: any(t(one) for t in some) and not any(t(one) for t in never)

    def _match_term(self, term: SolrTerm, *, asked: bool) -> Match:
        field, value = term.field, term.value
        if field is None or field == "text":
            return self._words(value, asked=asked)
        if field in MOMENTS:
            if value == "*" and not term.quoted:
                return lambda _one: True
            moment = solr_moment(value, self._now)
            return lambda one: moment_of(one, field) == moment
        if field in {"title", "notes"}:
            wanted = tuple(solr_words(value))
            if not term.quoted and ("*" in value or "?" in value):
                folded = value.casefold()
                return lambda one: any(
                    wildcard(folded, word) for word in self._text(one, field).split()
                )
            phrase = f" {' '.join(wanted)} "
            return lambda one: bool(wanted) and phrase in self._text(one, field)
        if not term.quoted and ("*" in value or "?" in value):
            return lambda one: any(wildcard(value, v) for v in values_of(one, field))
        return lambda one: value in values_of(one, field)

    def _text(self, one: PackageRecord, field: str) -> str:
        """With a blank before and behind each word."""
        key = (one.entry, field)
        if key not in self._words_of:
            text = one.title if field == "title" else one.notes
            self._words_of[key] = f" {' '.join(words_of(text))} "
        return self._words_of[key]

    def _match_range(self, asked: SolrRange) -> Match:
        field, low, high = asked.field, asked.low, asked.high
        if field in MOMENTS:
            start = solr_moment(low, self._now) if low is not None else None
            end = solr_moment(high, self._now) if high is not None else None
            return lambda one: is_within(moment_of(one, field), start, end, asked)
        return lambda one: any(
            is_within(value, low, high, asked) for value in values_of(one, field)
        )

    def _words(self, text: str, *, asked: bool) -> Match:
        """What the index finds for them."""
        found = self._index.scores(text_query(text, len(self._packages)))
        if asked:
            for entry, score in found.items():
                self.scores[entry] = self.scores.get(entry, 0.0) + score
        wanted = solr_words(text)
        return lambda one: one.entry in found or (one.state == "draft" and self._has(one, wanted))

    def _has(self, one: PackageRecord, wanted: list[str]) -> bool:
        """Whether a draft, which no index has, has all of the words."""
        texts = {*self._text(one, "title").split(), *self._text(one, "notes").split(), one.name}
        texts.update(word for tag in one.tags for word in solr_words(tag))
        return bool(wanted) and texts.issuperset(wanted)
