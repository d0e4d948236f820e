"""Full-text search over the catalogue with facets: tantivy, rebuilt from the contracts any time.

Only what every reader may know of a dataset is indexed: its contract, never a value of its rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import tantivy

from xihu_catalog.contracts.model import Contract
from xihu_catalog.search.pinyin import pinyin_of_all
from xihu_catalog.search.words import canonical, terms
from xihu_catalog.standards.codes import code_list
from xihu_catalog.standards.registry import organisation_name, organisations

FACETS = ("topic", "provider", "update_cycle", "share_class", "open_class", "format")
_BOOSTS = {"title": 6.0, "tags": 3.0, "pinyin": 2.0, "body": 1.0}
OFFSET_LIMIT = 10_000
Sort = Literal["relevance", "title", "updated"]


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is searched for; facets are conjunctive between names, disjunctive within one."""

    text: str = ""
    facets: tuple[tuple[str, str], ...] = ()
    offset: int = 0
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Found:
    """Ids of a page of results, the exact total, and each facet's values with their counts."""

    ids: tuple[str, ...]
    total: int
    facets: dict[str, tuple[tuple[str, int], ...]]
    terms: tuple[str, ...]
    """The words searched for, to be marked in the results."""


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    for name in _BOOSTS:
        builder.add_text_field(name, stored=False, tokenizer_name="whitespace")
    for name in FACETS:
        builder.add_text_field(name, stored=False, tokenizer_name="raw", fast=True)
    return builder.build()


class SearchIndex:
    """An index in memory; built anew when the catalogue's contracts change."""

    def __init__(self, contracts: Iterable[Contract]) -> None:
        self._index = tantivy.Index(_schema())
        writer = self._index.writer(heap_size=15_000_000, num_threads=1)
        known = list(contracts)
        texts = [" ".join((c.title.zh, *c.tags)) for c in known]
        for contract, syllables in zip(known, pinyin_of_all(texts), strict=True):
            writer.add_document(_document(contract, syllables))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._schema = self._index.schema

    def search(self, query: SearchQuery) -> Found:
        words = tuple(dict.fromkeys(terms(query.text)))
        text = self._text_query(query.text, words)
        searcher = self._index.searcher()
        whole = self._with_facets(text, query.facets)
        offset = max(0, min(query.offset, OFFSET_LIMIT))
        result = searcher.search(whole, limit=query.limit, offset=offset)
        ids = [str(searcher.doc(address)["id"][0]) for _, address in result.hits]
        counts = {name: self._counts(searcher, text, query.facets, name) for name in FACETS}
        total = int(result.count or 0)  # type: ignore[attr-defined]  # the stub lacks it
        return Found(tuple(ids), total, counts, words)

    def _text_query(self, text: str, words: tuple[str, ...]) -> tantivy.Query:
        """Every word must be found, in any field; the last may still be in the typing."""
        if not words:
            return tantivy.Query.all_query() if not text.strip() else tantivy.Query.empty_query()
        parts = []
        for position, word in enumerate(words):
            alternatives = [
                (
                    tantivy.Occur.Should,
                    tantivy.Query.boost_query(
                        tantivy.Query.term_query(self._schema, field, word), boost
                    ),
                )
                for field, boost in _BOOSTS.items()
            ]
            if position == len(words) - 1 and word.isascii() and len(word) > 1:
                alternatives += [
                    (tantivy.Occur.Should, _prefix(self._schema, field, word))
                    for field in ("pinyin", "body", "title")
                ]
            parts.append((tantivy.Occur.Must, tantivy.Query.boolean_query(alternatives)))
        return tantivy.Query.boolean_query(parts)

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

    def suggest(self, text: str, titles: dict[str, str], limit: int = 8) -> list[str]:
        """Titles that a beginning of typing may lead to, best first."""
        found = self.search(SearchQuery(text=text, limit=limit))
        return [titles[i] for i in found.ids if i in titles]


def _prefix(schema: tantivy.Schema, field: str, word: str) -> tantivy.Query:
    escaped = "".join(c if c.isalnum() else "\\" + c for c in word)
    return tantivy.Query.regex_query(schema, field, f"{escaped}.*")


def _document(contract: Contract, syllables: list[str]) -> tantivy.Document:
    provider = organisation_name(contract.provider)
    topic = code_list("topics").get(contract.topic)
    names = [contract.title.zh, contract.title.en]
    body = [
        contract.dataset,
        contract.summary.zh,
        contract.summary.en,
        provider.zh,
        provider.en,
        *((topic.zh, topic.en) if topic else ()),
        *(word for f in contract.fields for word in (f.title.zh, f.title.en, f.name)),
    ]
    values = {
        "id": contract.dataset,
        "title": " ".join(w for name in names for w in terms(name)),
        "tags": " ".join(w for tag in contract.tags for w in (*terms(tag), canonical(tag))),
        "pinyin": " ".join(syllables),
        "body": " ".join(w for text in body for w in terms(text)),
        "topic": contract.topic,
        "provider": contract.provider,
        "update_cycle": contract.update_cycle,
        "share_class": contract.share_class,
        "open_class": contract.open_class,
        "format": contract.source.format,
    }
    document = tantivy.Document()
    for name, value in values.items():
        document.add_text(name, value)
    return document


def facet_label(name: str, value: str) -> tuple[str, str]:
    """A facet's value in Chinese and English."""
    if name == "provider":
        known = organisations().get(value)
        return (known.name_zh, known.name_en) if known else (value, value)
    lists = {"topic": "topics", "update_cycle": "update_cycle"}
    if name in lists:
        text = code_list(lists[name]).get(value)
        return (text.zh, text.en) if text else (value, value)
    return _LABELS.get((name, value), (value, value))


_LABELS = {
    ("share_class", "unconditional"): ("无条件共享", "Shared unconditionally"),
    ("share_class", "conditional"): ("有条件共享", "Shared on conditions"),
    ("share_class", "refused"): ("不予共享", "Not shared"),
    ("open_class", "unconditional"): ("无条件开放", "Open"),
    ("open_class", "restricted"): ("受限开放", "Open on conditions"),
    ("open_class", "banned"): ("禁止开放", "Closed"),
    ("format", "csv"): ("CSV 文件", "CSV file"),
    ("format", "xlsx"): ("Excel 工作簿", "Excel workbook"),
    ("format", "jsonl"): ("JSON 行", "JSON lines"),
    ("format", "parquet"): ("Parquet", "Parquet"),
}
