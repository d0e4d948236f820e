"""Asks one tantivy index: every word of a question must be found, facets narrow and are counted."""

import heapq
from dataclasses import dataclass, field, replace
from typing import Literal

import tantivy

from xihu_catalog.search.documents import BOOSTS, FACETS
from xihu_catalog.search.question import Question, Word
from xihu_catalog.search.words import HAN, LATIN

PREFERENCE = 0.25
"""Of an entry with data at this node, in parts of the best score."""
BUCKETS = 200
"""Values of a facet that are counted: those with the most entries."""
Kind = Literal["dataset", "figure", "page_citizen", "page_official"]
FacetCounts = dict[str, dict[str, int]]
"""Facet to value to the number of entries."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is searched for; facets are conjunctive between names, disjunctive within one."""

    text: str = ""
    facets: tuple[tuple[str, str], ...] = ()
    offset: int = 0
    limit: int = 20
    kind: Kind = "dataset"
    as_typed: bool = False
    """Not to be answered in another spelling."""
    typing: bool = False
    """The last word may be unfinished: its beginning is enough."""
    own: bool = False
    """Only entries of this node's own data."""
    public: bool = False
    """Only what is not closed: of this node's own what is open, of other catalogues what is not
    said to be restricted."""
    counts: bool = False
    """Whether facets are counted, which costs as much as the search."""


@dataclass(frozen=True, slots=True)
class IndexHit:
    """A document of an index; its id is read only where it is shown."""

    score: float
    searcher: tantivy.Searcher
    address: tantivy.DocAddress

    @property
    def id(self) -> str:
        return str(self.searcher.doc(self.address)["id"][0])


@dataclass(frozen=True, slots=True)
class Hits:
    """The best hits of an index, their exact number, and the counts of facets."""

    best: tuple[IndexHit, ...] = ()
    """The best first."""
    total: int = 0
    facets: FacetCounts = field(default_factory=dict)


def merge_hits(first: Hits, second: Hits) -> Hits:
    """The hits of two indexes that have no id in common, those of the first preferred.

    Scores of two indexes cannot be compared: a word is rarer, and so scores higher, in the larger
    one. Each is measured by the best hit of its index.
    """
    best = heapq.merge(
        _scaled(first.best, PREFERENCE), _scaled(second.best, 0), key=lambda hit: -hit.score
    )
    facets = {
        name: _sums(first.facets.get(name, {}), second.facets.get(name, {})) for name in FACETS
    }
    return Hits(tuple(best), first.total + second.total, facets)


def _scaled(best: tuple[IndexHit, ...], preference: float) -> list[IndexHit]:
    top = max((hit.score for hit in best), default=0.0) or 1.0
    return [replace(hit, score=hit.score / top + preference) for hit in best]


def _sums(first: dict[str, int], second: dict[str, int]) -> dict[str, int]:
    """The most frequent first; of two that are as frequent the one whose name comes first."""
    names = first.keys() | second.keys()
    sums = {name: first.get(name, 0) + second.get(name, 0) for name in names}
    return dict(sorted(sums.items(), key=lambda one: (-one[1], one[0])))


def ask_index(
    index: tantivy.Index, query: SearchQuery, question: Question, place: tantivy.Query | None
) -> Hits:
    """The best `offset + limit` hits; `place` narrows to what has data of the named place."""
    schema = index.schema
    whole = whole_query(schema, query, question, place)
    searcher = index.searcher()
    result = searcher.search(
        _with_facets(schema, whole, query.facets), limit=query.offset + query.limit
    )
    return Hits(
        best=tuple(IndexHit(score, searcher, address) for score, address in result.hits),
        total=int(result.count or 0),  # type: ignore[attr-defined]  # the stub lacks it
        facets=_count_facets(searcher, schema, whole, query.facets) if query.counts else {},
    )


def whole_query(
    schema: tantivy.Schema, query: SearchQuery, question: Question, place: tantivy.Query | None
) -> tantivy.Query:
    """What has all words of a question, without its facets."""
    must = tantivy.Occur.Must
    parts = [(must, _text_query(schema, query, question)), (must, _is(schema, "kind", query.kind))]
    if query.public:
        parts.append((must, _is(schema, "public", "yes")))
    if place is not None:
        parts.append((must, place))
    return tantivy.Query.boolean_query(parts)


def areas_query(schema: tantivy.Schema, question: Question) -> tantivy.Query | None:
    """What is about one of the places that were asked for, or about a place in it; None where none
    was."""
    one_of = [
        (tantivy.Occur.Should, tantivy.Query.term_query(schema, "region", code))
        for code in question.areas
    ]
    return tantivy.Query.boolean_query(one_of) if one_of else None


def _is(schema: tantivy.Schema, name: str, value: str) -> tantivy.Query:
    return tantivy.Query.term_query(schema, name, value)


def _text_query(schema: tantivy.Schema, query: SearchQuery, question: Question) -> tantivy.Query:
    """Every word must be answered, in any field."""
    if not question.words:
        everything = not question.rest or question.service
        return tantivy.Query.all_query() if everything else tantivy.Query.empty_query()
    last = question.words[-1]
    return tantivy.Query.boolean_query(
        [
            (
                tantivy.Occur.Must,
                _word_query(schema, word, begun=query.typing and word is last),
            )
            for word in question.words
        ]
    )


def _word_query(schema: tantivy.Schema, word: Word, *, begun: bool) -> tantivy.Query:
    """One of the word's alternatives, all terms of it.

    Of what we are said not to have, a mention in a text is no answer: only a name is.
    """
    should = tantivy.Occur.Should
    fields = ("title", "tags") if word.missing else tuple(BOOSTS)
    parts = [(should, _all_of(schema, terms, fields)) for terms in word.alternatives]
    if HAN.fullmatch(word.text) and len(word.text) == 1:
        parts += [(should, _with_character(schema, name, word.text)) for name in ("title", "tags")]
        if len(word.alternatives) == 1:  # a synonym says better than a chance find in a text
            parts.append((should, _with_character(schema, "body", word.text)))
    if begun and LATIN.fullmatch(word.text) and len(word.text) > 1:
        parts += [(should, _begun(schema, f, word.text)) for f in ("pinyin", "body", "title")]
    return tantivy.Query.boolean_query(parts) if parts else tantivy.Query.empty_query()


def _all_of(
    schema: tantivy.Schema, terms: tuple[str, ...], fields: tuple[str, ...]
) -> tantivy.Query:
    must = tantivy.Occur.Must
    return tantivy.Query.boolean_query([(must, _in_any(schema, fields, t)) for t in terms])


def _in_any(schema: tantivy.Schema, fields: tuple[str, ...], term: str) -> tantivy.Query:
    should = tantivy.Occur.Should
    boosted = [(should, tantivy.Query.boost_query(_is(schema, f, term), BOOSTS[f])) for f in fields]
    return tantivy.Query.boolean_query(boosted)


def _with_character(schema: tantivy.Schema, name: str, character: str) -> tantivy.Query:
    pattern = tantivy.Query.regex_query(schema, name, f".*{character}.*")
    return tantivy.Query.boost_query(pattern, BOOSTS[name])


def _begun(schema: tantivy.Schema, name: str, word: str) -> tantivy.Query:
    escaped = "".join(c if c.isalnum() else "\\" + c for c in word)
    return tantivy.Query.regex_query(schema, name, f"{escaped}.*")


def _with_facets(
    schema: tantivy.Schema,
    text: tantivy.Query,
    facets: tuple[tuple[str, str], ...],
    without: str = "",
) -> tantivy.Query:
    chosen: dict[str, list[str]] = {}
    for name, value in facets:
        if name in FACETS and name != without:
            chosen.setdefault(name, []).append(value)
    if not chosen:
        return text
    parts = [(tantivy.Occur.Must, text)] + [
        (tantivy.Occur.Must, tantivy.Query.term_set_query(schema, name, values))
        for name, values in chosen.items()
    ]
    return tantivy.Query.boolean_query(parts)


def _count_facets(
    searcher: tantivy.Searcher,
    schema: tantivy.Schema,
    text: tantivy.Query,
    facets: tuple[tuple[str, str], ...],
) -> FacetCounts:
    """A facet is counted under the choices in the others alone, so that it can be widened; all
    facets without a choice are counted in one pass."""
    chosen = {name for name, _ in facets}
    free = [name for name in FACETS if name not in chosen]
    counts = _aggregate(searcher, _with_facets(schema, text, facets), free)
    for name in chosen.intersection(FACETS):
        counts |= _aggregate(searcher, _with_facets(schema, text, facets, without=name), [name])
    return counts


def _aggregate(searcher: tantivy.Searcher, query: tantivy.Query, names: list[str]) -> FacetCounts:
    if not names:
        return {}
    wanted = {name: {"terms": {"field": name, "size": BUCKETS}} for name in names}
    answer = searcher.aggregate(query, wanted)
    return {
        name: {str(b["key"]): int(b["doc_count"]) for b in answer[name]["buckets"]}
        for name in names
    }
