"""Turns a query in Solr's language into one of the search index, for stored entries.

It finds what `matching.py` finds of records in memory; a test compares the two.
"""

from collections.abc import Callable
from datetime import datetime

import tantivy

from xihu_catalog.datasets.package_records import EXTRAS, THE_SAME
from xihu_catalog.search.package_index import StoredPackages, any_of, group
from xihu_catalog.search.packages import FIELDS, MOMENTS, field_name, solr_words
from xihu_catalog.search.question import Question
from xihu_portals.api.ckan.answers import SearchQueryFault
from xihu_portals.api.ckan.solr import (
    SolrAll,
    SolrGroup,
    SolrQuery,
    SolrRange,
    SolrTerm,
    solr_moment,
)
from xihu_portals.api.ckan.values import is_within, wildcard

CONSTANTS = THE_SAME | {"state": "active"}
PATTERNS = 50
"""Wildcards and ranges of texts of one request: each reads all values of a field."""


class IndexedQuery:
    """Makes the queries of one request; `texts` are those that give a score."""

    def __init__(
        self, stored: StoredPackages, now: datetime, question_of: Callable[[str], Question]
    ) -> None:
        self._stored = stored
        self._now = now
        self._question_of = question_of
        self._patterns = 0
        self._texts: list[tantivy.Query] = []

    @property
    def texts(self) -> tantivy.Query | None:
        return any_of(self._texts) if self._texts else None

    def of(self, query: SolrQuery, *, asked: bool = True) -> tantivy.Query:
        """`asked`: what is not asked for, but excluded, gives no score. Raises SearchQueryFault."""
        if isinstance(query, SolrGroup):
            parts: dict[str, list[tantivy.Query]] = {"must": [], "should": [], "not": []}
            for occur, clause in query.clauses:
                parts[occur].append(self.of(clause, asked=asked and occur != "not"))
            return group(parts["must"], parts["should"], parts["not"])
        if isinstance(query, SolrRange):
            return self._range(query)
        if isinstance(query, SolrAll):
            return self._stored.all()
        return self._term(query, asked=asked)

    def words(self, text: str, *, asked: bool = True) -> tantivy.Query:
        """What the search page finds for them."""
        found = self._stored.text(self._question_of(text))
        if asked:
            self._texts.append(found)
        return found

    def _term(self, term: SolrTerm, *, asked: bool) -> tantivy.Query:
        field, value, stored = term.field, term.value, self._stored
        if field is None or field == "text":
            return self.words(value, asked=asked)
        is_pattern = not term.quoted and ("*" in value or "?" in value)
        if field in MOMENTS:
            if value == "*" and not term.quoted:
                return stored.all()
            moment = solr_moment(value, self._now)
            return stored.moments(MOMENTS[field], moment, moment)
        if field in {"title", "notes"}:
            name = field_name(f"{field}_words")
            if is_pattern:
                return self._pattern(lambda: stored.like(name, value.casefold()))
            wanted = solr_words(value)
            return stored.phrase(name, wanted) if wanted else stored.none()
        if field in CONSTANTS:
            same = CONSTANTS[field]
            found = wildcard(value, same) if is_pattern else value == same
            return stored.all() if found else stored.none()
        known = field_in_index(field)
        if known is None:
            return stored.none()
        if is_pattern:
            if set(value) == {"*"}:
                return stored.has(known)
            return self._pattern(lambda: stored.like(known, value))
        return stored.term(known, value)

    def _range(self, asked: SolrRange) -> tantivy.Query:
        field, low, high, stored = asked.field, asked.low, asked.high, self._stored
        ends = {"with_low": asked.with_low, "with_high": asked.with_high}
        if field in MOMENTS:
            start = solr_moment(low, self._now) if low is not None else None
            end = solr_moment(high, self._now) if high is not None else None
            return stored.moments(MOMENTS[field], start, end, **ends)
        if field in CONSTANTS:
            found = is_within(CONSTANTS[field], low, high, asked)
            return stored.all() if found else stored.none()
        known = field_in_index(field)
        if known is None:
            return stored.none()
        return self._pattern(lambda: stored.between(known, low, high, **ends))

    def _pattern(self, make: Callable[[], tantivy.Query]) -> tantivy.Query:
        self._patterns += 1
        if self._patterns > PATTERNS:
            raise SearchQueryFault(f"at most {PATTERNS} wildcards and ranges of texts")
        try:
            return make()
        except ValueError as fault:
            raise SearchQueryFault("a wildcard or a range is too long or too complex") from fault


def field_in_index(field: str) -> str | None:
    """The index's field; None for one that no entry has."""
    name = field.removeprefix("extras_")
    if field in FIELDS - set(EXTRAS) or name in EXTRAS:
        return field_name(field if field in FIELDS else name)
    return None
