"""Full-text search over the catalogue with facets: tantivy, rebuilt from the contracts any time.

Datasets, figures (metrics) and the portals' pages lie in one index; places are named in the
question. Only what every reader may know is indexed:
contracts and definitions, never a value.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import tantivy

from xihu_catalog.contracts.model import Contract
from xihu_catalog.search.documents import (
    BOOSTS,
    FACETS,
    SearchPage,
    dataset_document,
    figure_document,
    page_document,
    schema,
)
from xihu_catalog.search.pinyin import spoken
from xihu_catalog.search.question import Question, Word, question_of
from xihu_catalog.search.spelling import corrections
from xihu_catalog.search.vocabulary import Missing, lexicon, spoken_lexicon, spoken_phrases
from xihu_catalog.search.words import HAN, LATIN, canonical
from xihu_platform.brain.spec import MetricSpec

OFFSET_LIMIT = 10_000
RESPELLINGS = 8
"""Likely meanings of a mistyped text that are tried; each is a search of a millisecond."""
Kind = Literal["dataset", "figure", "page_citizen", "page_official"]


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


@dataclass(frozen=True, slots=True)
class Found:
    """Ids of a page of results, the exact total, and each facet's values with their counts."""

    ids: tuple[str, ...]
    total: int
    facets: dict[str, tuple[tuple[str, int], ...]]
    terms: tuple[str, ...]
    """The words searched for, to be marked in the results."""
    place: str | None = None
    """Code of the region that was named: only what can be narrowed to it is found."""
    rest: str = ""
    """The text without the place."""
    places: tuple[str, ...] = ()
    """Codes of all regions that were named."""
    corrected: str | None = None
    """What was searched for instead, because nothing was found for the text as typed."""
    missing: tuple[Missing, ...] = ()
    """What was asked for and is held by no dataset."""
    service: bool = False
    """Somebody wants something done."""


class SearchIndex:
    """An index in memory; built anew when the catalogue's contracts change."""

    def __init__(
        self,
        contracts: Iterable[Contract],
        metrics: Iterable[MetricSpec] = (),
        pages: Iterable[SearchPage] = (),
    ) -> None:
        others = tuple(pages)
        known = {contract.dataset: contract for contract in contracts}
        specs = [spec for spec in metrics if spec.dataset in known]
        texts = [" ".join((c.title.zh, *c.tags)) for c in known.values()]
        names = dict(zip(known, texts, strict=True))
        texts += [f"{spec.name.zh} {names[spec.dataset]}" for spec in specs]
        texts += [f"{page.title.zh} {page.part_of.zh}" for page in others]
        sounds = spoken(texts, spoken_phrases(lexicon()))
        self._sounds = sounds.characters
        self._lexicon = spoken_lexicon(lexicon(), sounds.phrases) | lexicon()
        documents = [dataset_document(c) for c in known.values()]
        documents += [figure_document(spec, known[spec.dataset]) for spec in specs]
        documents += [page_document(page) for page in others]
        self._index = tantivy.Index(schema())
        writer = self._index.writer(heap_size=15_000_000, num_threads=1)
        for values, syllables in zip(documents, sounds.words, strict=True):
            writer.add_document(_document(values | {"pinyin": " ".join(syllables)}))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._schema = self._index.schema
        self._known = _phrases(known.values(), documents, self._lexicon)

    def search(self, query: SearchQuery) -> Found:
        """What is found for the text; else for it with one wrong character put right."""
        question = question_of(query.text, self._lexicon)
        found = self._answer(query, question)
        if found.total or not question.words or query.typing or query.as_typed:
            return found
        missing = tuple(w.missing for w in question.words if w.missing is not None)
        if missing:
            others = tuple(w for w in question.words if w.missing is None)
            rest = self._answer(query, replace(question, words=others)) if others else found
            return replace(rest, missing=missing)
        return self._respelt(query, question) or found

    def _respelt(self, query: SearchQuery, question: Question) -> Found | None:
        """The answer to the likeliest text that has one."""
        for text in corrections(question.text, self._known, self._sounds)[:RESPELLINGS]:
            again = question_of(text, self._lexicon)
            found = self._answer(query, again)
            missing = tuple(w.missing for w in again.words if w.missing is not None)
            if found.total or missing:
                return replace(found, corrected=text, missing=() if found.total else missing)
        return None

    def _answer(self, query: SearchQuery, question: Question) -> Found:
        text = self._text_query(query, question)
        parts = [(tantivy.Occur.Must, text), (tantivy.Occur.Must, self._is("kind", query.kind))]
        if question.place:
            parts.append((tantivy.Occur.Must, self._is("by_region", "yes")))
        whole = tantivy.Query.boolean_query(parts)
        searcher = self._index.searcher()
        offset = max(0, min(query.offset, OFFSET_LIMIT))
        chosen = self._with_facets(whole, query.facets)
        result = searcher.search(chosen, limit=query.limit, offset=offset)
        return Found(
            ids=tuple(str(searcher.doc(address)["id"][0]) for _, address in result.hits),
            total=int(result.count or 0),  # type: ignore[attr-defined]  # the stub lacks it
            facets={name: self._counts(searcher, whole, query.facets, name) for name in FACETS},
            terms=question.terms,
            place=question.place,
            rest=question.rest,
            places=question.places,
            service=question.service,
        )

    def _is(self, field: str, value: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, value)

    def _text_query(self, query: SearchQuery, question: Question) -> tantivy.Query:
        """Every word must be answered, in any field."""
        if not question.words:
            everything = not question.rest or question.service
            return tantivy.Query.all_query() if everything else tantivy.Query.empty_query()
        last = question.words[-1]
        return tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Must, self._word_query(word, begun=query.typing and word is last))
                for word in question.words
            ]
        )

    def _word_query(self, word: Word, *, begun: bool) -> tantivy.Query:
        """One of the word's alternatives, all terms of it.

        Of what we are said not to have, a mention in a text is no answer: only a name is.
        """
        should = tantivy.Occur.Should
        fields = ("title", "tags") if word.missing else tuple(BOOSTS)
        parts = [(should, self._all_of(terms, fields)) for terms in word.alternatives]
        if HAN.fullmatch(word.text) and len(word.text) == 1:
            parts += [(should, self._holding(field, word.text)) for field in ("title", "tags")]
            if len(word.alternatives) == 1:  # a synonym says better than a chance find in a text
                parts.append((should, self._holding("body", word.text)))
        if begun and LATIN.fullmatch(word.text) and len(word.text) > 1:
            parts += [(should, self._begun(f, word.text)) for f in ("pinyin", "body", "title")]
        return tantivy.Query.boolean_query(parts) if parts else tantivy.Query.empty_query()

    def _all_of(self, terms: tuple[str, ...], fields: tuple[str, ...]) -> tantivy.Query:
        must = tantivy.Occur.Must
        return tantivy.Query.boolean_query([(must, self._in_any(fields, t)) for t in terms])

    def _in_any(self, fields: tuple[str, ...], term: str) -> tantivy.Query:
        should = tantivy.Occur.Should
        return tantivy.Query.boolean_query(
            [(should, tantivy.Query.boost_query(self._is(f, term), BOOSTS[f])) for f in fields]
        )

    def _holding(self, field: str, character: str) -> tantivy.Query:
        pattern = tantivy.Query.regex_query(self._schema, field, f".*{character}.*")
        return tantivy.Query.boost_query(pattern, BOOSTS[field])

    def _begun(self, field: str, word: str) -> tantivy.Query:
        escaped = "".join(c if c.isalnum() else "\\" + c for c in word)
        return tantivy.Query.regex_query(self._schema, field, f"{escaped}.*")

    def _with_facets(
        self, text: tantivy.Query, facets: tuple[tuple[str, str], ...], without: str = ""
    ) -> tantivy.Query:
        chosen: dict[str, list[str]] = {}
        for name, value in facets:
            if name in FACETS and name != without:
                chosen.setdefault(name, []).append(value)
        parts = [(tantivy.Occur.Must, text)] + [
            (tantivy.Occur.Must, tantivy.Query.term_set_query(self._schema, name, values))
            for name, values in chosen.items()
        ]
        return tantivy.Query.boolean_query(parts)

    def _counts(
        self,
        searcher: tantivy.Searcher,
        text: tantivy.Query,
        facets: tuple[tuple[str, str], ...],
        name: str,
    ) -> tuple[tuple[str, int], ...]:
        """Counts of one facet under the other facets' choices, so that one can widen it."""
        query = self._with_facets(text, facets, without=name)
        answer = searcher.aggregate(query, {"f": {"terms": {"field": name, "size": 200}}})
        buckets = answer["f"]["buckets"]
        return tuple((str(b["key"]), int(b["doc_count"])) for b in buckets)


def _document(values: dict[str, str]) -> tantivy.Document:
    document = tantivy.Document()
    for name, value in values.items():
        document.add_text(name, value)
    return document


def _phrases(
    contracts: Iterable[Contract], documents: list[dict[str, str]], known: Iterable[str]
) -> tuple[str, ...]:
    """What a mistyped text may mean: words of titles, tags and fields, and the lexicon."""
    found = dict.fromkeys(known)
    for contract in contracts:
        names = (contract.title.zh, *contract.tags, *(f.title.zh for f in contract.fields))
        found |= dict.fromkeys(canonical(name) for name in names)
    for values in documents:
        for field in ("title", "tags", "body"):
            found |= dict.fromkeys(values[field].split())
    return tuple(found)
