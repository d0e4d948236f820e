"""The search documents of datasets and figures, and the names of their facets."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import tantivy

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.registry.codes import code_list
from xihu_catalog.registry.people import organisation_name, organisations
from xihu_catalog.search.words import canonical, terms
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.words import Text

FACETS = ("topic", "provider", "update_cycle", "share_class", "open_class", "format")
UNKNOWN = "unknown"
"""Of the open class where a source does not say it."""
ELSEWHERE = "~"
"""Before the name of another catalogue's publisher that is written as a credit code."""
_CODE = re.compile(r"[0-9a-z]{18}")
BODY_LIMIT = 5_000
"""Characters of a text that are indexed: a source may send a book as a description."""
BOOSTS = {"title": 6.0, "tags": 3.0, "pinyin": 2.0, "body": 1.0}


def schema(more: Callable[[tantivy.SchemaBuilder], None] | None = None) -> tantivy.Schema:
    """Of both indexes; `more` adds fields to it."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    for name in ("kind", "by_region", "region", "public"):
        builder.add_text_field(name, stored=False, tokenizer_name="raw")
    for name in BOOSTS:
        builder.add_text_field(name, stored=False, tokenizer_name="whitespace")
    for name in FACETS:
        builder.add_text_field(name, stored=False, tokenizer_name="raw", fast=True)
    if more is not None:
        more(builder)
    return builder.build()


def tantivy_document(values: Mapping[str, str | Iterable[str]]) -> tantivy.Document:
    document = tantivy.Document()
    for name, value in values.items():
        for one in (value,) if isinstance(value, str) else value:
            document.add_text(name, one)
    return document


def stored_document(facts: EntryFacts) -> dict[str, str | list[str]]:
    """The fields of a stored entry's document, without its pinyin."""
    topic = facts.topic
    body = [
        facts.id,
        *(facts.description.zh, facts.description.en),
        *(facts.publisher.name.zh, facts.publisher.name.en),
        *((topic[0].title.zh, topic[0].title.en) if topic else ()),
        *(text for theme in facts.themes for text in (theme.title.zh, theme.title.en)),
        *(text for one in facts.fields for text in (one.title.zh, one.title.en, one.name)),
    ]
    formats = {one.form.lower() for one in facts.distributions if one.form}
    return {
        "kind": "dataset",
        "id": facts.id,
        "public": "no" if facts.open_class in {"restricted", "banned"} else "yes",
        "region": list(_within(facts.place.code)) if facts.place else [],
        "title": _joined([facts.title.zh, facts.title.en]),
        "tags": " ".join(w for tag in facts.keywords for w in (*terms(tag), canonical(tag))),
        "body": _joined([text[:BODY_LIMIT] for text in body]),
        "topic": topic[1] if topic else [],
        "provider": publisher_key(facts),
        "update_cycle": facts.update_cycle or [],
        "share_class": [],
        "open_class": facts.open_class or UNKNOWN,
        "format": sorted(formats),
    }


def publisher_key(facts: EntryFacts) -> str:
    """The value of the facet `provider` of a stored entry: of this node's own departments the USCC,
    as contracts have it; of another catalogue's publisher the name, marked where it could be taken
    for such a code."""
    agent = facts.publisher
    if facts.kind == "attestation":
        return agent.id.rpartition("/")[2]
    name = agent.name.zh or agent.name.en or agent.id
    is_code = _CODE.fullmatch(_plain(name)) is not None
    return f"{ELSEWHERE}{name}" if is_code or name.startswith(ELSEWHERE) else name


def is_named_as_ours(name: str) -> bool:
    """Whether a name reads as that of a department of this node."""
    known = organisations().values()
    return _reads_as(name, tuple(text for one in known for text in (one.name_zh, one.name_en)))


@lru_cache(4096)  # a page has many entries of one publisher
def _reads_as(name: str, ours: tuple[str, ...]) -> bool:
    return _plain(name) in map(_plain, ours)


def _plain(name: str) -> str:
    """As a reader sees it: full width or not, in any case, without what is between its letters.

    >>> _plain("９１１１ 0000-60003734１L")
    '91110000600037341l'
    """
    shown = unicodedata.normalize("NFKC", name).casefold()
    return "".join(letter for letter in shown if letter.isalnum())


def _within(code: str) -> tuple[str, ...]:
    """A division and those it is in."""
    return tuple(dict.fromkeys((code, f"{code[:4]}00", f"{code[:2]}0000")))


def dataset_document(contract: Contract) -> dict[str, str]:
    """The fields of one dataset's document, without its pinyin."""
    provider = organisation_name(contract.provider)
    topic = code_list("topics").get(contract.topic)
    body = [
        contract.dataset,
        contract.summary.zh,
        contract.summary.en,
        provider.zh,
        provider.en,
        *((topic.zh, topic.en) if topic else ()),
        *(word for f in contract.fields for word in (f.title.zh, f.title.en, f.name)),
    ]
    return {
        "kind": "dataset",
        "id": contract.dataset,
        "public": "yes" if contract.is_open else "no",
        "by_region": "yes" if any(f.region for f in contract.fields) else "no",
        "title": _joined([contract.title.zh, contract.title.en]),
        "tags": _tags(contract),
        "body": _joined(body),
    } | _facets(contract)


def figure_document(spec: MetricSpec, contract: Contract) -> dict[str, str]:
    """A figure is found by its own words, and by the title and tags of its dataset."""
    body = [spec.id, spec.definition.zh, spec.definition.en, *(d.name.zh for d in spec.dimensions)]
    return {
        "kind": "figure",
        "id": spec.id,
        "by_region": "yes" if spec.region_field else "no",
        "title": _joined([spec.name.zh, spec.name.en]),
        "tags": f"{_joined([contract.title.zh, contract.title.en])} {_tags(contract)}",
        "body": _joined(body),
    } | _facets(contract)


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of a portal that is neither a dataset nor a figure, or a passage of one."""

    href: str
    title: Text
    text: Text
    portal: str
    part_of: Text = Text("", "")
    """The title of the page that it is a passage of."""


def page_document(page: SearchPage) -> dict[str, str]:
    """A page is found in its own portal alone, and has no facets."""
    return {
        "kind": f"page_{page.portal}",
        "id": page.href,
        "by_region": "no",
        "title": _joined([page.title.zh, page.title.en]),
        "tags": _joined([page.part_of.zh, page.part_of.en]),
        "body": _joined([page.text.zh, page.text.en]),
    }


def _joined(texts: list[str]) -> str:
    return " ".join(word for text in texts for word in terms(text))


def _tags(contract: Contract) -> str:
    return " ".join(w for tag in contract.tags for w in (*terms(tag), canonical(tag)))


def _facets(contract: Contract) -> dict[str, str]:
    return {
        "topic": contract.topic,
        "provider": contract.provider,
        "update_cycle": contract.update_cycle,
        "share_class": contract.share_class,
        "open_class": contract.open_class,
        "format": contract.source.format,
    }


def facet_label(name: str, value: str) -> tuple[str, str]:
    """A facet's value in Chinese and English."""
    if name == "provider":
        known = organisations().get(value)
        return (known.name_zh, known.name_en) if known else _label_elsewhere(value)
    lists = {"topic": "topics", "update_cycle": "update_cycle"}
    if name in lists:
        text = code_list(lists[name]).get(value)
        return (text.zh, text.en) if text else (value, value)
    return _LABELS.get((name, value), (value, value))


def _label_elsewhere(key: str) -> tuple[str, str]:
    """Of another catalogue's publisher: one named as ours is said to be another."""
    name = key.removeprefix(ELSEWHERE)
    if name == key and not is_named_as_ours(name):
        return name, name
    return f"{name}（其他目录）", f"{name} (another catalogue)"


_LABELS = {
    ("share_class", "unconditional"): ("无条件共享", "Shared unconditionally"),
    ("share_class", "conditional"): ("有条件共享", "Shared on conditions"),
    ("share_class", "refused"): ("不予共享", "Not shared"),
    ("open_class", "unconditional"): ("无条件开放", "Open"),
    ("open_class", "restricted"): ("受限开放", "Open on conditions"),
    ("open_class", "banned"): ("禁止开放", "Closed"),
    ("open_class", UNKNOWN): ("来源未说明", "Not stated by its source"),
    ("format", "csv"): ("CSV 文件", "CSV file"),
    ("format", "xlsx"): ("Excel 工作簿", "Excel workbook"),
    ("format", "jsonl"): ("JSON Lines", "JSON Lines"),
    ("format", "json"): ("JSON", "JSON"),
    ("format", "geojson"): ("GeoJSON", "GeoJSON"),
    ("format", "ods"): ("ODS 表格", "ODS spreadsheet"),
    ("format", "parquet"): ("Parquet", "Parquet"),
    ("format", "arrow"): ("Arrow", "Arrow"),
}
