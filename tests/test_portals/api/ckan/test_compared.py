"""What the index finds of 2,000 entries is what a comparison of each with the query finds: which
ones, in which order, and how often each value occurs, for 300 queries."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.province import NOW, Province, make_province
from xihu_catalog.datasets.facts import (
    AgentFacts,
    CoverageFacts,
    DistributionFacts,
    EntryFacts,
    NamedIri,
    OriginFacts,
    PlaceFacts,
)
from xihu_catalog.datasets.package_records import PackageRecord, Packages, package_record
from xihu_catalog.datasets.stored import put_entry, remove_entry
from xihu_catalog.search.asking import SearchQuery
from xihu_catalog.search.package_index import StoredPackages
from xihu_platform.database import transaction
from xihu_platform.words import Text
from xihu_portals.api.ckan.catalogue import PackageCatalogue
from xihu_portals.api.ckan.matching import Matching, read_queries, text_query
from xihu_portals.api.ckan.selection import Selection, facets_of

ENTRIES, QUERIES, PARTS = 2_000, 50, 6
WORDS = ("空气", "质量", "水", "bus", "Air", "stops", "西湖", "杭州", "2026", "a_b", "q-r", "Ωm")
LICENCES = ("CC_BY_4_0", "CC0_1_0", "own terms", None)
ONE = ("id", "name", "organization", "owner_org", "groups", "license_id", "version", "url")
SEVERAL = ("tags", "res_format", "title_string", "res_name", "res_url")
EXTRAS = ("update_cycle", "extras_state", "spatial-text", "temporal_start", "extras_open_class")
FIELDS = (*ONE, *SEVERAL, *EXTRAS, "state", "private", "no_such_field")
SORTS = (
    *("name asc", "name desc", "id asc", "title_string asc", "title desc", "organization desc"),
    *("metadata_modified desc", "metadata_created asc, title_string desc", "version asc, id desc"),
    *("groups asc, metadata_modified desc", "no_such_field desc", "extras_state desc, name desc"),
)


def text(chance: random.Random, most: int = 4) -> str:
    return " ".join(chance.choice(WORDS) for _ in range(chance.randint(1, most)))


def drawn(chance: random.Random, like: EntryFacts, number: int) -> EntryFacts:
    name = f"hz-{chance.choice(('long-common-beginning-of-a-name-', '', 'B '))}{number}"
    agent = chance.randrange(12)
    day = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=chance.randrange(40))
    files = tuple(
        DistributionFacts(
            chance.choice(("csv", "XLSX", "GeoJSON", "a b")),
            Text(text(chance, 2), text(chance, 2)),
            f"https://hz.example/{number}",
            f"https://hz.example/{number}/{n}?x=[1]&y=a.b" if chance.random() < 0.8 else None,
        )
        for n in range(chance.randrange(4))
    )
    return replace(
        like,
        id=name,
        iri=f"https://hz.example/id/{number}",
        page=f"https://hz.example/{number}",
        title=Text(text(chance), chance.choice(("", text(chance)))),
        description=Text(text(chance, 30), ""),
        publisher=AgentFacts(
            f"https://hz.example/o/{agent}", Text(f"部门{agent}", f"Dept {agent}")
        ),
        keywords=tuple(dict.fromkeys(text(chance, 2) for _ in range(chance.randrange(5)))),
        topic=chance.choice((None, (NamedIri("https://hz.example/t", Text("甲", "A")), "HEALTH"))),
        licence=chance.choice(LICENCES),
        version=chance.choice((None, "1.0", "2\u2028b", "10")),
        place=chance.choice((None, PlaceFacts("330106", Text("西湖区", "Xihu")))),
        coverage=chance.choice((None, CoverageFacts(start=day.date()))),
        distributions=files,
        service=None,
        issued=chance.choice((None, day)),
        modified=chance.choice((day, day + timedelta(microseconds=number))),
        origin=OriginFacts("hz", name, harvested_at=day),
    )


@pytest.fixture(scope="module")
def drawn_province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    for made in make_province(tmp_path_factory.mktemp("compared")):
        chance, services = random.Random(7), made.services
        like = services.entries.get("hb_air_quality_hourly")
        drawn_first = [drawn(chance, like, number) for number in range(ENTRIES)]
        with transaction(services.node.database) as session:
            for one in drawn_first:
                put_entry(session, "hz", one, NOW)
        services.stored_index.refresh()
        with transaction(services.node.database) as session:  # in a further segment
            for number in range(0, ENTRIES - 1, 97):
                remove_entry(session, drawn_first[number].id, NOW)
                changed = replace(drawn_first[number + 1], title=Text(text(chance), text(chance)))
                put_entry(session, "hz", changed, NOW)
                put_entry(session, "hz", drawn(chance, like, ENTRIES + number), NOW)
        services.stored_index.refresh()
        yield made


class Whole:
    """Every entry as a record, and texts as the index of stored entries finds them."""

    def __init__(self, province: Province) -> None:
        self.services = province.services
        entries = self.services.entries
        facts = entries.page(0, 10 * ENTRIES)
        self.records = {one.id: package_record(one) for one in facts}
        self.packages = Packages(self.records.values())

    def scores(self, query: SearchQuery) -> dict[str, float]:
        found = self.services.search.search(replace(query, limit=10 * ENTRIES))
        return {entry: float(len(found.ids) - n) for n, entry in enumerate(found.ids)}

    def find(self, q: str, filters: list[str]) -> set[str]:
        matching = Matching(self.packages, self, NOW)  # type: ignore[arg-type]  # an index
        return {one.entry for one in matching.find(read_queries(q, filters))}


@pytest.fixture(scope="module")
def whole(drawn_province: Province) -> Whole:
    return Whole(drawn_province)


def values(one: PackageRecord, field: str) -> tuple[str, ...]:
    """Written down once more, without the code under test."""
    resources = {
        "res_name": [r.name.zh for r in one.resources],
        "res_url": [r.url for r in one.resources],
        "title_string": [one.title.zh, one.title.en],
        "res_format": one.formats,
        "tags": one.tags,
    }
    if field in resources:
        return tuple({v for v in resources[field] if v})
    if field in {"state", "private"}:
        return ({"state": "active", "private": "false"}[field],)
    single: dict[str, Any] = {
        "id": one.id,
        "name": one.name,
        "organization": one.organisation.name,
        "owner_org": one.organisation.id,
        "groups": one.topic.name if one.topic else None,
        "license_id": one.licence,
        "version": one.version,
        "url": one.page,
    }
    value = single.get(field) or one.extras.get(field.removeprefix("extras_"))
    return (value,) if value else ()


def quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def clause(chance: random.Random, records: list[PackageRecord]) -> str:
    field, one = chance.choice(FIELDS), chance.choice(records)
    known = values(one, field) or ("x",)
    value, kind = chance.choice(known), chance.randrange(9)
    if kind == 0:
        return f"title:{chance.choice(WORDS[:6])}"
    if kind == 1:
        return f"notes:{quoted(text(chance, 2))}"
    if kind == 2:
        start = f"2020-01-{chance.randrange(1, 29):02}T00:00:00Z"
        ends = chance.choice((f"[{start} TO *]", f"{{* TO {start}}}", f"{{{start} TO NOW]"))
        return f"metadata_{chance.choice(('modified', 'created'))}:{ends}"
    if kind == 3:
        return f"{field}:*"
    if kind == 4:
        plain = "".join(c if c.isascii() and c.isalnum() else "?" for c in value)
        return f"{field}:{plain[:3]}*"
    if kind == 5:
        other = chance.choice(values(chance.choice(records), field) or ("x",))
        left, right = chance.choice(("[]", "{}", "[}")), ""
        return f"{field}:{left[0]}{quoted(value)} TO {quoted(other)}{left[1]}{right}"
    if kind == 6:
        return chance.choice(WORDS[:9])
    return f"{field}:{quoted(value)}"


def drawn_query(chance: random.Random, records: list[PackageRecord]) -> str:
    parts = [clause(chance, records) for _ in range(chance.randint(1, 4))]
    found = parts[0]
    for one in parts[1:]:
        found += chance.choice((" AND ", " OR ", " ", " -", " +")) + one
    return f"-({found})" if chance.random() < 0.1 else found


def in_order(one: PackageRecord, field: str) -> Any:
    if field.startswith("metadata_"):
        return one.modified if field == "metadata_modified" else one.created
    if field.startswith("title"):
        return one.title.zh
    return values(one, field)[:1]


def expected(found: list[PackageRecord], sort: str) -> list[str]:
    found = sorted(found, key=lambda one: (one.name, one.id))
    for part in reversed(sort.split(",")):
        field, way = part.split()
        found.sort(key=lambda one: in_order(one, field), reverse=way == "desc")
    return [one.entry for one in found]


def asked(whole: Whole, q: str, filters: list[str]) -> Selection:
    return PackageCatalogue(whole.services, "zh").search(q, filters, NOW)


@pytest.mark.parametrize("part", range(PARTS))
def test_300_queries_find_the_same_in_the_same_order(whole: Whole, part: int) -> None:
    chance, records = random.Random(part), list(whole.records.values())
    sizes = []
    for number in range(QUERIES):
        q = drawn_query(chance, records)
        filters = [drawn_query(chance, records)] if number % 3 == 0 else []
        named = whole.find(q, filters)
        found, sort = asked(whole, q, filters), chance.choice(SORTS)
        wanted = expected([whole.records[one] for one in named], sort)
        assert found.count == len(wanted), (q, filters)
        rows = ENTRIES if number % 10 == 0 else 20
        start = chance.randrange(len(wanted) + 1) if number % 10 else 0
        page = list(found.pages(sort, start, rows))
        assert page == wanted[start : start + rows], (q, filters, sort, start)
        field = chance.choice(FIELDS)
        counted = Counter(v for one in named for v in values(whole.records[one], field))
        assert found.values(field) == counted, (q, field)
        (facet,) = facets_of(found, [field], 5, 1).values()
        best = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:5]
        assert list(facet.items()) == best
        sizes.append(len(wanted))
        assert found.stored is not None and found.query is not None
        stored = {one.entry for one in found.stored.page(found.query, [], 0, 2 * ENTRIES)}
        assert stored == {one for one in named if "-" in one}, (q, filters)
    assert sum(0 < one < len(records) for one in sizes) > QUERIES / 2


@pytest.mark.parametrize("q", ["空气", "bus", "air quality", "西湖 水"])
def test_a_text_is_in_the_order_of_the_search_page(whole: Whole, q: str) -> None:
    page = whole.services.search.search(replace(text_query(q), limit=10 * ENTRIES))
    found = asked(whole, q, [])
    assert found.count == page.total > 0
    shown = list(found.pages("score desc", 0, found.count))
    assert set(shown) == set(page.ids)
    own = [one for one in page.ids if "-" not in one]
    assert [one for one in shown if "-" not in one] == own
    query = replace(text_query(q), limit=10 * ENTRIES)
    hits = whole.services.stored_index.ask(query, whole.services.search.question(query)).best
    scores = {hit.id: hit.score for hit in hits}
    stored = [scores[one] for one in shown if "-" in one]
    for one, following in pairwise(stored):
        assert following <= one * (1 + 1e-5)
    ascending = list(found.pages("score asc", 0, found.count))
    assert set(ascending) == set(shown)


@pytest.mark.parametrize("sort", SORTS)
def test_pages_of_all_have_each_once(whole: Whole, sort: str) -> None:
    found = asked(whole, "", [])
    wanted = expected(list(whole.records.values()), sort)
    paged = [one for at in range(0, found.count, 131) for one in found.pages(sort, at, 131)]
    assert paged == wanted


def test_a_page_makes_no_question_for_what_it_does_not_show(
    whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pattern may be a question of 20,000 terms: copied for each value, it took gigabytes."""
    found = asked(whole, "", ["res_url:*a*"])
    made: list[str] = []
    term = StoredPackages.term

    def counted(self: StoredPackages, name: str, value: str | int) -> Any:
        made.append(name)
        return term(self, name, value)

    monkeypatch.setattr(StoredPackages, "term", counted)
    assert len(list(found.pages("url asc", 0, 5))) == 5
    assert len(made) < 50, Counter(made)


def test_every_reference_leads_to_its_entry(whole: Whole) -> None:
    packages = PackageCatalogue(whole.services, "zh")
    for one in list(whole.records.values())[::40]:
        for reference in (one.entry, one.id, one.name):
            assert packages.find(reference) == one
        for resource in one.resources:
            assert packages.find_resource(resource.id) == one
    assert packages.find("hz-97") is packages.find("no-such") is None


def test_groups_and_tags_have_their_numbers(whole: Whole) -> None:
    packages = PackageCatalogue(whole.services, "zh")
    records = whole.records.values()
    organisations = {one.name: n for one, n in packages.groups("organization").items()}
    assert organisations == Counter(one.organisation.name for one in records)
    topics = {one.name: n for one, n in packages.groups("group").items()}
    assert topics == Counter(one.topic.name for one in records if one.topic)
    assert packages.tags() == Counter(tag for one in records for tag in one.tags)
    tag = next(iter(packages.tags()))
    assert packages.with_tag(tag).count == packages.tags()[tag]
