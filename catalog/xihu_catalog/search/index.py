"""Full-text search over the catalogue with facets: tantivy, rebuilt from the database any time.

Contracts, figures (metrics) and the portals' pages that a reader may know of are in one index in
memory; stored entries, which are public and may be many, are in one on disk (`stored.py`). Only
descriptions are indexed, never a value. Places are named in the question.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import tantivy

from xihu_catalog.contracts.model import Contract
from xihu_catalog.search.asking import Hits, SearchQuery, ask_index, merge_hits
from xihu_catalog.search.documents import (
    FACETS,
    SearchPage,
    dataset_document,
    figure_document,
    page_document,
    schema,
    tantivy_document,
)
from xihu_catalog.search.pinyin import spoken
from xihu_catalog.search.question import Question, question_of
from xihu_catalog.search.spelling import Speller
from xihu_catalog.search.stored import StoredIndex
from xihu_catalog.search.vocabulary import Missing, lexicon, spoken_lexicon, spoken_phrases
from xihu_catalog.search.words import LATIN, canonical
from xihu_platform.brain.spec import MetricSpec

OFFSET_LIMIT = 10_000
SHORTEST_BEGINNING = 3
"""Letters of a word of which the beginning is enough."""
RESPELLINGS = 8
"""Likely meanings of a mistyped text that are tried; each is a search of a millisecond."""


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
    former: tuple[str, ...] = ()
    """Names that a region had before."""
    corrected: str | None = None
    """What was searched for instead, because nothing was found for the text as typed."""
    missing: tuple[Missing, ...] = ()
    """What was asked for and is held by no dataset."""
    service: bool = False
    """Somebody wants something done."""


class SearchIndex:
    """An index in memory, built again when the catalogue's contracts change, and the stored one."""

    def __init__(
        self,
        contracts: Iterable[Contract],
        metrics: Iterable[MetricSpec] = (),
        pages: Iterable[SearchPage] = (),
        stored: StoredIndex | None = None,
    ) -> None:
        self._stored = stored
        others = tuple(pages)
        known = {contract.dataset: contract for contract in contracts}
        specs = [spec for spec in metrics if spec.dataset in known]
        texts = [" ".join((c.title.zh, *c.tags)) for c in known.values()]
        names = dict(zip(known, texts, strict=True))
        texts += [f"{spec.name.zh} {names[spec.dataset]}" for spec in specs]
        texts += [f"{page.title.zh} {page.part_of.zh}" for page in others]
        sounds = spoken(texts, spoken_phrases(lexicon()))
        self._lexicon = spoken_lexicon(lexicon(), sounds.phrases) | lexicon()
        documents = [dataset_document(c) for c in known.values()]
        documents += [figure_document(spec, known[spec.dataset]) for spec in specs]
        documents += [page_document(page) for page in others]
        self._index = tantivy.Index(schema())
        writer = self._index.writer(heap_size=15_000_000, num_threads=1)
        for values, syllables in zip(documents, sounds.words, strict=True):
            writer.add_document(tantivy_document(values | {"pinyin": " ".join(syllables)}))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        phrases = _phrases(known.values(), documents, self._lexicon)
        self._speller = Speller(phrases, sounds.characters)

    def search(self, query: SearchQuery) -> Found:
        """What is found for the text; else for it with one wrong character put right."""
        question = self.question(query)
        found = self._answer(query, question)
        if found.total or not question.words or query.typing or query.as_typed:
            return found
        missing = tuple(w.missing for w in question.words if w.missing is not None)
        begun = None if missing else self._begun(query, question)
        if begun is not None:
            return begun
        if missing:
            others = tuple(w for w in question.words if w.missing is None)
            rest = self._answer(query, replace(question, words=others)) if others else found
            return replace(rest, missing=missing)
        return self._respelt(query, question) or found

    def _begun(self, query: SearchQuery, question: Question) -> Found | None:
        """What has a word that begins with the last one, as half a word of pinyin or English; None
        where nothing has. Of what is closed to the reader alone nothing is found, and no other
        spelling either."""
        last = question.words[-1].text
        if not LATIN.fullmatch(last) or len(last) < SHORTEST_BEGINNING:
            return None
        typing = replace(query, typing=True)
        found = self._answer(typing, question)
        return found if found.total or self._is_closed(typing, question) else None

    def _is_closed(self, query: SearchQuery, question: Question) -> bool:
        """Whether only what is not open answers, so that a question has a meaning all the same."""
        if not query.public:
            return False
        whole = replace(query, public=False, facets=(), limit=1, counts=False)
        return self._answer(whole, question).total > 0

    def scores(self, query: SearchQuery) -> dict[str, float]:
        """The documents of this index alone that a text finds, measured as in a search of both."""
        question = self.question(query)
        return {hit.id: hit.score for hit in merge_hits(self._hits(query, question), Hits()).best}

    def question(self, query: SearchQuery) -> Question:
        return question_of(query.text, self._lexicon)

    def _respelt(self, query: SearchQuery, question: Question) -> Found | None:
        """The answer to the likeliest text that has one."""
        for text in self._speller.corrections(question.text)[:RESPELLINGS]:
            again = question_of(text, self._lexicon)
            found = self._answer(query, again)
            missing = tuple(w.missing for w in again.words if w.missing is not None)
            if found.total or missing:
                return replace(found, corrected=text, missing=() if found.total else missing)
            if self._is_closed(query, again):
                return replace(found, corrected=text)
        return None

    def _answer(self, query: SearchQuery, question: Question) -> Found:
        offset = max(0, min(query.offset, OFFSET_LIMIT))
        query = replace(query, offset=offset)
        found = self._hits(query, question)
        if self._stored is not None and query.kind == "dataset" and not query.own:
            found = merge_hits(found, self._stored.ask(query, question))
        return Found(
            ids=tuple(hit.id for hit in found.best[offset : offset + query.limit]),
            total=found.total,
            facets={name: tuple(found.facets.get(name, {}).items()) for name in FACETS},
            terms=question.terms,
            place=question.place,
            rest=question.rest,
            places=question.places,
            former=question.former,
            service=question.service,
        )

    def _hits(self, query: SearchQuery, question: Question) -> Hits:
        by_region = tantivy.Query.term_query(self._index.schema, "by_region", "yes")
        return ask_index(self._index, query, question, by_region if question.areas else None)


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
