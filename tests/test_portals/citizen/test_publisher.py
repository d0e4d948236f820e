"""A publisher's page: its entries and their states, of this node and of other catalogues."""

import re
from collections.abc import Iterator
from html import unescape

import pytest

from tests.province import Province, make_province
from tests.test_portals.citizen.counted import contracts
from tests.test_portals.citizen.test_harvested import harvested, put
from tests.test_portals.citizen.test_publishers import HOTLINE_CENTRE, get
from tests.test_portals.test_known import CASES, set_state
from xihu_catalog.datasets.facts import AgentFacts, ContactFacts, EntryFacts, NamedIri
from xihu_catalog.search.asking import SearchQuery
from xihu_platform.words import Text

OFFICE = "示例市交通局/码头科 <b>?#"
QUOTED = (
    "/publishers/%E7%A4%BA%E4%BE%8B%E5%B8%82%E4%BA%A4%E9%80%9A%E5%B1%80%2F"
    "%E7%A0%81%E5%A4%B4%E7%A7%91%20%3Cb%3E%3F%23"
)
"""The same, percent-encoded by hand."""
MANY = 43
MARKET = "113399001001109609"
"""Publisher of five datasets: sg_annual_reports, sg_firms, sg_inspections, sg_permits and
sg_supervision_monthly."""


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """With entries of another catalogue, whose publisher's name has marks of an address."""
    agent = AgentFacts("https://hz.example.cn/org/2", Text(OFFICE, ""))
    contact = ContactFacts(Text("码头科", ""), email="quay@example.cn")
    for province in make_province(tmp_path_factory.mktemp("publisher")):
        entries = [
            harvested(f"q{n:02}", f"码头名录{n:02}", publisher=agent, contact=contact)
            for n in range(MANY)
        ]
        topic = (
            NamedIri("http://127.0.0.1:8000/id/topic/economy", Text("经济", "Economy")),
            "economy",
        )
        here = AgentFacts(f"http://127.0.0.1:8000/id/organisation/{MARKET}", Text("局", "Office"))
        kept = harvested(
            "kept", "举报人名单", kind="attestation", origin=None, publisher=here, topic=topic
        )
        put(province, *entries, kept, harvested("trade", "进出口", topic=topic), *lookalikes())
        yield province


LIKE_OURS = {
    "code": MARKET,
    "wide": "１１３３９９００１００１１０９６０９",
    "name": "示例省市场监督管理局",
    "mark": f"~{MARKET}",
}
"""Names by which publishers of another catalogue could be taken for a department of ours."""


def lookalikes() -> list[EntryFacts]:
    return [
        harvested(f"like-{key}", f"冒名{key}", publisher=AgentFacts(MARKET, Text(name, "")))
        for key, name in LIKE_OURS.items()
    ]


def test_a_publisher_elsewhere_that_is_named_like_ours_is_not_ours(joined: Province) -> None:
    ours = get(joined, f"/publishers/{MARKET}")
    assert "冒名" not in ours
    assert not [one for one in datasets(ours) if one.startswith("hz-like")]
    listed = get(joined, "/publishers")
    departments = listed.partition('id="departments"')[2].partition("</section>")[0]
    assert departments.count(f"/publishers/{MARKET}") == 1 and "其他目录" not in departments
    for key, name in LIKE_OURS.items():
        entry = get(joined, f"/datasets/hz-like-{key}")
        (href,) = set(re.findall(r'href="(/publishers/[^"]+)"', entry))
        html = get(joined, href)
        assert datasets(html) == [f"hz-like-{key}"]
        heading = html.partition("<h1>")[2].partition("</h1>")[0]
        assert f"{name}（其他目录）" in heading
        assert "统一社会信用代码" not in html.partition("<main")[2].partition("</header>")[0]
        found = get(joined, f"/search?provider={MARKET}&q=冒名")
        assert f"hz-like-{key}" not in found


def datasets(html: str) -> list[str]:
    return re.findall(r'<h3><a href="/datasets/([^"]+)"', html)


def states(html: str) -> dict[str, int]:
    part = html.partition('id="states"')[2].partition("</section>")[0]
    found = re.findall(r'<li><span>([^<]+)</span> <span class="num">([0-9,]+)', part)
    return {name: int(number) for name, number in found}


def test_all_entries_of_a_publisher_are_listed_those_that_are_closed_too(
    province: Province,
) -> None:
    html = get(province, f"/publishers/{MARKET}")
    own = {name for name, one in contracts().items() if one["provider"] == MARKET}
    assert set(datasets(html)) == own
    assert len(own) == 5
    assert "目录条目（5 个）" in html
    assert sum(states(html).values()) == 5
    assert MARKET in html


def test_the_topics_of_a_publisher_are_counted(province: Province) -> None:
    html = get(province, f"/publishers/{MARKET}")
    part = html.partition('id="topics"')[2].partition("</section>")[0]
    numbers = re.findall(r'topic=([a-z_]+)">[^<]*</a> <span class="num">([0-9]+)', part)
    assert dict(numbers) == {"legal_person": "2", "work_safety": "1", "credit": "1", "economy": "1"}


def test_an_entry_that_is_not_published_is_in_no_list_and_no_count(province: Province) -> None:
    assert CASES in datasets(get(province, f"/publishers/{HOTLINE_CENTRE}"))
    set_state(province, "draft")
    try:
        html = get(province, f"/publishers/{HOTLINE_CENTRE}")
    finally:
        set_state(province, "published")
    assert CASES not in html
    assert len(datasets(html)) == 2
    assert "目录条目（2 个）" in html


def test_states_are_those_of_the_entries_pages(province: Province) -> None:
    """Each entry says the same of itself on its own page."""
    catalogue = province.services.catalogue
    for publisher in {one["provider"] for one in contracts().values()}:
        said = states(get(province, f"/publishers/{publisher}"))
        own = [n for n, one in contracts().items() if one["provider"] == publisher]
        hearts = [catalogue.get_entry(name).heartbeat.state for name in own]
        assert said.get("按时更新", 0) == hearts.count("live")
        assert said.get("逾期未更新", 0) == hearts.count("late")


@pytest.mark.parametrize("path", ["/publishers/nobody", "/publishers/ ", "/publishers/%00"])
def test_a_publisher_of_nothing_is_not_found(province: Province, path: str) -> None:
    assert "没有发布单位" in get(province, path, 404)


@pytest.mark.parametrize("query", ["page=2", "page=99999999999", "page=501"])
def test_there_is_no_page_beyond_the_last(province: Province, query: str) -> None:
    get(province, f"/publishers/{MARKET}?{query}", 404)


@pytest.mark.parametrize("query", ["order=rank", "page=x", "page=-1", "page=１"])
def test_what_cannot_be_read_is_said(province: Province, query: str) -> None:
    get(province, f"/publishers/{MARKET}?{query}", 422)


def test_the_newest_load_is_first_where_that_is_asked_for(province: Province) -> None:
    catalogue = province.services.catalogue
    names = datasets(get(province, f"/publishers/{MARKET}?order=newest"))
    hearts = [catalogue.get_entry(name).heartbeat for name in names]
    loaded = [one.loaded_at for one in hearts if one.loaded_at is not None]
    assert len(names) == 5
    assert len(loaded) == 5
    assert loaded == sorted(loaded, reverse=True)


def test_titles_are_in_the_order_of_the_language(province: Province) -> None:
    html = get(province, f"/publishers/{MARKET}?lang=en")
    titles = re.findall(r'<h3><a href="/datasets/[^"]+">([^<]*)</a>', html)
    assert titles == sorted(titles, key=str.casefold)


def test_entries_of_another_catalogue_are_paged_and_counted_as_the_search_counts(
    joined: Province,
) -> None:
    found: list[str] = []
    for number, size in ((1, 20), (2, 20), (3, 3)):
        html = get(joined, f"{QUOTED}?page={number}")
        names = datasets(html)
        assert len(names) == size
        assert f"第 {20 * number - 19}" in html or f"{20 * number - 19}" in html
        found += names
    assert len(set(found)) == MANY
    get(joined, f"{QUOTED}?page=4", 404)
    query = SearchQuery(facets=(("provider", OFFICE),))
    assert joined.services.search.search(query).total == MANY
    assert states(get(joined, QUOTED)) == {"数据在其他目录": MANY}


def test_data_that_may_not_be_shared_is_counted_apart(joined: Province) -> None:
    html = get(joined, f"/publishers/{MARKET}")
    assert datasets(html)[-1] == "hz-kept"
    assert states(html)["依法不予共享"] == 1
    assert sum(states(html).values()) == 6
    html = get(joined, "/topics/economy")
    assert set(datasets(html)[-2:]) == {"hz-kept", "hz-trade"}
    found = states(html)
    assert (found["依法不予共享"], found["数据在其他目录"]) == (1, 1)
    assert sum(found.values()) == 6 + 2
    assert "本平台的数据在前" in html


def test_its_name_is_text_wherever_it_is_shown(joined: Province) -> None:
    async_page = get(joined, "/publishers")
    assert unescape(QUOTED) in async_page
    raw = get(joined, "/publishers/nobody<b>", 404)
    assert "没有发布单位" in raw
    html = get(joined, QUOTED)
    assert "mailto:quay@example.cn" in html


def test_a_chinese_name_is_marked_in_english_pages(joined: Province) -> None:
    html = get(joined, f"{QUOTED}?lang=en")
    heading = html.partition("<h1>")[2].partition("</h1>")[0]
    assert '<span lang="zh">示例市交通局</span>' in heading


def test_the_entry_leads_to_its_publisher(joined: Province, province: Province) -> None:
    assert f'href="{QUOTED}"' in get(joined, "/datasets/hz-q01")
    assert f'href="/publishers/{MARKET}"' in get(province, "/datasets/sg_firms")


def test_the_search_names_the_page_of_a_publisher_that_was_chosen(province: Province) -> None:
    html = get(province, f"/search?provider={MARKET}")
    assert f'href="/publishers/{MARKET}"' in html
    assert 'href="/publishers">部门</a>' in html
