"""Entries for the tests of formats: the demo's own, and hostile ones that hypothesis draws."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.registry import REGISTRY
from xihu_catalog.contracts.load import load_contract
from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets import facts
from xihu_catalog.datasets.as_of import as_of
from xihu_catalog.datasets.compiled import entry_facts
from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.datasets.service import Entry, Heartbeat
from xihu_catalog.formats.dcat import CatalogueFacts, EntriesPage
from xihu_platform.clock import SHANGHAI
from xihu_platform.words import Text

BASE = "https://data.example.org"
NOW = datetime(2026, 11, 30, 4, tzinfo=UTC)
PAGE = 50


@cache
def contracts() -> Mapping[str, Contract]:
    found = [load_contract(path) for path in sorted((REGISTRY / "contracts").glob("*.odcs.yaml"))]
    return {one.dataset: one for one in found}


def live(rows: int = 500) -> Heartbeat:
    reach = as_of(date(2026, 10, 1), "monthly")
    return Heartbeat("live", NOW, NOW + timedelta(days=9), rows, 7, reach)


def facts_of(dataset: str, heart: Heartbeat | None = None) -> EntryFacts:
    one = Entry(contracts()[dataset], heart or live())
    return entry_facts(one, base_url=BASE, now=NOW, find=contracts().get)


def demo() -> list[EntryFacts]:
    return [facts_of(name) for name in contracts()]


def catalogue() -> CatalogueFacts:
    return CatalogueFacts(
        iri=f"{BASE}/id/catalogue",
        url=f"{BASE}/catalog.ttl",
        homepage=f"{BASE}/",
        title=Text("公共数据目录", "Catalogue of public data"),
        description=Text("所有已发布的数据集", "All published datasets"),
        publisher=facts_of("tj_county_economy").publisher,
        place=facts_of("tj_county_economy").place,
        licence="CC-BY-4.0",
        modified=NOW,
    )


def pages(entries: list[EntryFacts]) -> list[EntriesPage]:
    cut = [entries[at : at + PAGE] for at in range(0, len(entries), PAGE)]
    return [EntriesPage(one, n, len(cut), len(entries)) for n, one in enumerate(cut, 1)]


HOSTILE = (
    "",
    " \t\r\n",
    "\x00\x07\x1b\x85",
    "\u202e文字\u2066 \u200f",
    '</script><script>alert("x")</script>',
    "]]> <!-- &amp; &#0; <?xml?>",
    "\ud800 lone \udfff",
    "\ufffe\uffff\U0001fffe",
    '"quote" \\ \' """ ^^xsd:int @en .',
    "line\rline\r\nline\u2028line",
    "e\u0301\u00e9 😀 𠮷",
    "https://a.example/with space/<b>?q=^`|{}\\#a#b",
    "javascript:alert(1)",
    "http://",
    "http://[::1",
    "CC-BY-4.0",
    "统计" * 3000,
)
words = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(), max_size=30))
texts = st.builds(Text, words, words)
addresses = st.one_of(
    words, st.just(f"{BASE}/ok"), words.map(lambda word: f"https://a.example/{word}")
)
days = st.dates(date(1, 1, 1), date(9999, 12, 31))
# Before 1902 Shanghai's offset has seconds, which ISO 8601 cannot write. Until 1991 it had summer
# time: a moment of the hours around a change is equal to none of another zone (PEP 495).
moments = st.datetimes(
    datetime(1902, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)
) | st.datetimes(datetime(1992, 1, 1), datetime(2100, 1, 1), timezones=st.just(SHANGHAI))
maybe_words = st.none() | words
points = st.none() | days | moments
named = st.builds(facts.NamedIri, addresses, texts)
fields = st.builds(
    facts.FieldFacts,
    name=words,
    title=texts,
    description=texts,
    logical_type=st.sampled_from(["string", "integer", "number", "date", "timestamp", "boolean"]),
    type=st.just("VARCHAR"),
    grade=st.sampled_from(["L1", "L2", "L3", "L4"]),
    open=st.booleans(),
    unit=st.none() | texts,
    codes=st.lists(st.tuples(words, texts), max_size=2).map(tuple),
    minimum=maybe_words,
    maximum=maybe_words,
    max_length=st.none() | st.integers(0, 9),
)
distributions = st.builds(
    facts.DistributionFacts,
    form=st.sampled_from(["csv", "xlsx", "parquet", "arrow"]),
    title=texts,
    access_url=addresses,
    download_url=st.none() | st.just(f"{BASE}/ok.csv") | addresses,
    description=texts,
    modified=st.none() | moments,
    byte_size=st.none() | st.integers(0, 1 << 62),
)


def _optional(entry: EntryFacts, number: int) -> EntryFacts:
    """Names of one's own, and what a contract makes sure of: each field and file has its name."""
    own = [replace(one, name=f"field_{n}") for n, one in enumerate(entry.fields)]
    files = {one.form: one for one in entry.distributions}
    return replace(
        entry,
        iri=f"{BASE}/id/dataset/drawn_{number}",
        fields=tuple(own),
        distributions=tuple(files.values()),
        publisher=replace(entry.publisher, id=f"{BASE}/id/organisation/{number}"),
        series=entry.series and replace(entry.series, id=f"{BASE}/id/series/{number}"),
    )


entries = st.builds(
    EntryFacts,
    id=words,
    iri=st.just(""),
    page=addresses,
    title=texts,
    description=texts,
    publisher=st.builds(
        facts.AgentFacts,
        id=st.just(""),
        name=texts,
        level=st.none() | st.sampled_from(["province", "city", "county", "township"]),
    ),
    state=st.builds(
        facts.StateFacts,
        state=st.sampled_from(["live", "late", "broken"]),
        loaded_at=st.none() | moments,
        as_of=points,
    ),
    open_class=st.sampled_from(["unconditional", "restricted", "banned"]),
    conditions=texts,
    version=maybe_words,
    resource_code=maybe_words,
    keywords=st.lists(words, max_size=3).map(tuple),
    topic=st.none() | st.tuples(named, st.sampled_from(["economy", "nowhere"]) | words),
    update_cycle=st.none() | st.sampled_from(["realtime", "daily", "yearly", "on_demand"]),
    languages=st.sampled_from([("zh",), ("en",), ("zh", "en"), ()]),
    licence=maybe_words,
    contact=st.none() | st.builds(facts.ContactFacts, texts, maybe_words, maybe_words, maybe_words),
    place=st.none() | st.builds(facts.PlaceFacts, words, texts),
    coverage=st.none() | st.builds(facts.CoverageFacts, points, points),
    provenance=st.none() | texts,
    sources=st.lists(named, max_size=2).map(tuple),
    conforms_to=st.lists(named, max_size=2).map(tuple),
    legislation=st.lists(named, max_size=2).map(tuple),
    fields=st.lists(fields, max_size=3).map(tuple),
    distributions=st.lists(distributions, max_size=4).map(tuple),
    service=st.none()
    | st.builds(
        facts.ServiceFacts,
        texts,
        addresses,
        st.none() | addresses,
        st.lists(named, max_size=1).map(tuple),
    ),
    series=st.none() | st.builds(facts.SeriesFacts, st.just(""), texts, texts),
    synthetic=st.booleans(),
)


def draw(count: int) -> list[EntryFacts]:
    """The same ones each time."""
    found: list[EntryFacts] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(entries)
    def keep(one: EntryFacts) -> None:
        found.append(_optional(one, len(found)))

    keep()
    assert len(found) >= count
    return found[:count]
