"""Harvested entries on the citizen portal: found with the others, and a page of their own."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape
from threading import Event

import pytest

from tests.province import NOW as PLAYED
from tests.province import Province, make_province
from xihu_catalog.datasets.facts import (
    AgentFacts,
    DistributionFacts,
    EntryFacts,
    OriginFacts,
    PlaceFacts,
    StateFacts,
)
from xihu_catalog.datasets.stored import StoredEntries, put_entry, remove_entry
from xihu_catalog.search.asking import SearchQuery
from xihu_catalog.search.stored import StoredIndex, build_in_child, build_index
from xihu_platform.database import transaction
from xihu_platform.errors import TransientError
from xihu_platform.words import Text
from xihu_portals.official import catalogue
from xihu_portals.pages.searching import SearchAddress
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame

pytestmark = pytest.mark.anyio
AT = datetime(2026, 11, 20, 1, tzinfo=UTC)
HOSTILE = "</script><script>alert(1)</script>"


def harvested(name: str, title: str, **other: object) -> EntryFacts:
    base = EntryFacts(
        id=f"hz-{name}",
        iri=f"https://data.example.org/id/dataset/hz-{name}",
        page=f"https://data.example.org/datasets/hz-{name}",
        title=Text(title, ""),
        description=Text(f"{title}的说明 {HOSTILE}", ""),
        publisher=AgentFacts("https://hz.example.cn/org/1", Text("示例市交通局", "")),
        state=StateFacts("live"),
        open_class=None,
        issued=date(2024, 5, 6),
        place=PlaceFacts("330106", Text("西湖区", "")),
        keywords=("码头",),
        distributions=(
            DistributionFacts("csv", Text("全部", ""), "https://hz.example.cn/a.csv"),
            DistributionFacts("pdf", Text("说明书", ""), "javascript:alert(1)"),
        ),
        origin=OriginFacts("示例市目录", name, "https://hz.example.cn/d/1", AT),
    )
    return replace(base, **other)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    for province in make_province(tmp_path_factory.mktemp("joined")):
        put(province, harvested("quay", "游船码头名录"), harvested("air", "空气质量旧站点"))
        yield province


def put(province: Province, *entries: EntryFacts) -> None:
    services = province.services
    with transaction(services.node.database) as session:
        for one in entries:
            put_entry(session, "hz", one, services.node.clock())
    services.stored_index.refresh()


async def page_of(province: Province, path: str, status: int = 200) -> str:
    async with province.client(accept_language="zh") as client:
        answer = await client.get(path)
    assert answer.status_code == status
    return answer.text


async def test_a_harvested_entry_is_found_and_says_that_its_data_is_elsewhere(
    joined: Province,
) -> None:
    page = await page_of(joined, "/search?q=码头")
    assert "/datasets/hz-quay" in page
    assert "数据在其他目录" in page
    assert "游船" in unescape(await page_of(joined, "/search/suggest?q=youchuan"))


async def test_own_data_comes_first_and_both_are_counted(joined: Province) -> None:
    found = joined.services.search.search(SearchQuery("空气质量", counts=True))
    own = joined.services.search.search(SearchQuery("空气质量", own=True))
    assert set(found.ids) == {*own.ids, "hz-air"}
    assert found.ids[0] == "hb_air_quality_hourly"
    assert found.total == own.total + 1
    assert dict(found.facets["provider"])["示例市交通局"] == 1


async def test_a_place_narrows_to_entries_about_it_and_what_is_in_it(joined: Province) -> None:
    for text, there in (("西湖区 码头", True), ("杭州 码头", True), ("宁波 码头", False)):
        found = joined.services.search.search(SearchQuery(text, as_typed=True))
        assert ("hz-quay" in found.ids) == there, text


async def test_a_place_that_was_divided_finds_what_is_about_its_parts(joined: Province) -> None:
    """Shaoxing County became Keqiao and a part of Yuecheng in 2013."""
    for code, name in (("330602", "越城区"), ("330603", "柯桥区"), ("330604", "上虞区")):
        where = PlaceFacts(code, Text(name, ""))
        put(joined, harvested(f"dye-{code}", f"印染企业名录 {code}", place=where))
    html = await page_of(joined, "/search?q=绍兴县 印染企业名录")
    found = {code for code in ("330602", "330603", "330604") if f"/datasets/hz-dye-{code}" in html}
    assert found == {"330602", "330603"}


async def test_its_page_shows_the_source_and_leads_nowhere_that_is_no_web_address(
    joined: Province,
) -> None:
    page = await page_of(joined, "/datasets/hz-quay")
    assert "收录自“示例市目录”，数据在来源处" in page
    assert 'href="https://hz.example.cn/a.csv"' in page
    assert "javascript:" not in page
    assert "来源没有给出可用的地址" in page
    assert "2024年5月6日" in page
    assert page.count("来源未说明") == 2  # opening and licence
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page, re.S)
    assert not [one for one in scripts if "alert" in one and "\\u003c" not in one]
    await page_of(joined, "/datasets/hz-none", status=404)


async def test_officials_see_it_beside_their_own_catalogue(joined: Province) -> None:
    here = Visitor(joined.services, joined.official("zhou"), PageFrame("official", PLAYED))
    view = catalogue.fill(here, SearchAddress("/official/catalogue", "码头"))
    assert "hz-quay" not in {hit.id for hit in view.hits}
    elsewhere = {name.zh: links for name, links in view.others}["其他目录"]
    assert "/datasets/hz-quay" in {link.href for link in elsewhere}


async def test_one_that_is_not_open_is_found_too_for_its_page_is_public(joined: Province) -> None:
    put(joined, harvested("shut", "内河航道图", open_class="banned"))
    page = await page_of(joined, "/search?q=内河航道图")
    assert "/datasets/hz-shut" in page and "0 个开放数据集" in page
    assert "那里不向公众开放" in page


async def test_what_is_written_in_chinese_alone_is_shown_in_english_pages(
    joined: Province,
) -> None:
    async with joined.client(accept_language="en") as client:
        page = (await client.get("/datasets/hz-quay")).text
        found = (await client.get("/search?q=码头")).text
    title = page.partition("<h1>")[2].partition("</h1>")[0]
    assert "游船码头名录" in title
    assert "示例市交通局" in page
    assert '<span lang="zh">游船码头名录</span>' in title
    shown = page.partition("<main")[2].partition('<section id="metadata')[0]
    plain = re.sub(r'<span lang="zh">.*?</span>', "", shown, flags=re.S)
    assert not re.search("[\u4e00-\u9fff]", re.sub("<[^>]+>", "", plain))
    assert "名录" in found.partition('href="/datasets/hz-quay"')[2][:200]


async def test_what_changes_is_found_and_what_is_removed_is_not(joined: Province) -> None:
    put(joined, harvested("boat", "渡轮时刻"))
    search = joined.services.search.search
    assert search(SearchQuery("渡轮", as_typed=True)).ids == ("hz-boat",)
    put(joined, harvested("boat", "轮渡航线"))
    assert search(SearchQuery("轮渡航线", as_typed=True)).total == 1
    assert search(SearchQuery("渡轮时刻", as_typed=True)).total == 0
    services = joined.services
    with transaction(services.node.database) as session:
        remove_entry(session, "hz-boat", services.node.clock())
    assert "渡轮" not in await page_of(joined, "/search?q=轮渡航线")  # before the index knows
    services.stored_index.refresh()
    assert search(SearchQuery("轮渡航线", as_typed=True)).total == 0


async def test_a_second_process_finds_what_the_first_wrote(joined: Province) -> None:
    services = joined.services
    folder = services.node.settings.data_dir / "search"
    stored = StoredEntries(services.node.database)

    def unwanted(_folder: object, _ended: object) -> None:
        raise AssertionError("the index is there")

    other = StoredIndex(folder, stored, unwanted)
    other.refresh()
    assert other.number == services.stored_index.number == stored.number()


async def test_many_changes_are_built_beside_and_swapped_in(
    joined: Province, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setattr("xihu_catalog.search.stored.FEW", 5)
    services = joined.services
    before = services.stored_index.number
    former = services.node.settings.data_dir / "search" / "0-0.1.0"
    (former / "of-a-program-before").mkdir(parents=True)
    put(joined, *(harvested(f"m{n}", f"桥梁台账{n}") for n in range(9)))
    assert services.stored_index.number >= before + 9
    found = services.search.search(SearchQuery("桥梁台账", as_typed=True))
    assert found.total == 9
    (folder,) = (services.node.settings.data_dir / "search").iterdir()
    assert len([one for one in folder.iterdir() if one.is_dir()]) == 1
    assert not former.exists()


async def test_an_index_whose_files_are_not_whole_is_built_again(joined: Province) -> None:
    services = joined.services
    (folder,) = (services.node.settings.data_dir / "search").iterdir()
    (generation,) = [one for one in folder.iterdir() if one.is_dir()]
    (generation / "meta.json").write_text("{")
    stored = StoredEntries(services.node.database)
    other = StoredIndex(folder.parent, stored, build_in_child(services.node.settings.database_url))
    other.refresh()
    assert other.number == stored.number()
    assert not generation.exists()
    services.stored_index.refresh()
    assert "hz-quay" in services.search.search(SearchQuery("码头", as_typed=True)).ids


def test_the_building_ends_with_the_process_that_wants_it(joined: Province) -> None:
    ended = Event()
    ended.set()
    services = joined.services
    with pytest.raises(TransientError):
        build_in_child(services.node.settings.database_url)(
            services.node.settings.data_dir / "given-up", ended
        )


def test_a_whole_build_and_steps_of_change_give_the_same_index(joined: Province) -> None:
    services = joined.services
    stored = StoredEntries(services.node.database)
    folder = services.node.settings.data_dir / "whole"
    again = StoredIndex(folder, stored, lambda to, _: build_index(to, stored))
    again.refresh()
    for text in ("码头", "桥梁", "空气质量", "matou", ""):
        query = SearchQuery(text, limit=100, counts=True)
        question = services.search.question(query)
        one, two = (index.ask(query, question) for index in (services.stored_index, again))
        assert {hit.id for hit in one.best} == {hit.id for hit in two.best}
        assert (one.total, one.facets) == (two.total, two.facets)
