"""Searching on the pages: honest counts, the closed datasets with their reason, places, gaps."""

import re
from html import unescape

import pytest

from tests.province import Province
from xihu_catalog.search.asking import SearchQuery
from xihu_platform.words import Text
from xihu_portals.citizen import search
from xihu_portals.pages.places import find_places
from xihu_portals.pages.searching import KIND_NAMES, SearchAddress
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame

pytestmark = pytest.mark.anyio

OPEN = 14
EVERYTHING = 33


async def page(province: Province, path: str, language: str = "zh") -> str:
    async with province.client(accept_language=language) as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    return unescape(answer.text)


def count_line(html: str) -> str:
    found = re.search(r'<p class="count[^>]*>(.*?)</p>', html)
    assert found is not None
    return found[1]


async def test_home_and_search_count_the_same_open_datasets(province: Province) -> None:
    assert f"{OPEN} 个数据集，人人可用" in await page(province, "/")
    html = await page(province, "/search")
    assert count_line(html) == f"{OPEN} 个开放数据集"
    assert f"另有 {EVERYTHING - OPEN} 个数据集不向公众开放" in html


async def test_the_count_above_the_results_says_what_stands_below(province: Province) -> None:
    html = await page(province, "/search?q=空气质量")
    below = html.count('<li class="card hit">')
    assert count_line(html) == f"找到 {below} 项"
    assert "/datasets/hb_air_quality_hourly" in html


async def test_open_datasets_come_first_and_the_others_with_the_reason_of_the_law(
    province: Province,
) -> None:
    html = await page(province, "/search?q=企业")
    hits, _, closed = html.partition("closed-sets")
    assert "/datasets/sg_firms" in hits
    assert "/datasets/sw_tax_payments" not in hits
    assert "/datasets/sw_tax_payments" in closed
    assert "这个数据集禁止开放。" in closed
    assert "DB33/T 2351-2021" in closed
    assert "需要使用的，可拨打 12345 转数据提供部门提出。" in closed


async def test_what_we_do_not_have_is_said_with_the_way_to_ask_for_it(province: Province) -> None:
    html = await page(province, "/search?q=公积金")
    assert "我们没有住房公积金的数据" in html
    assert "公积金账户请咨询当地住房公积金管理中心。" in html
    assert "打 12345 申请开放" in html
    english = await page(province, "/search?q=metro", "en")
    assert "We have no data on the metro" in english
    assert "Bus passenger flow, hourly" in english


async def test_no_fixed_list_is_sold_as_a_guess(province: Province) -> None:
    html = await page(province, "/search?q=独角兽")
    assert "没有找到“独角兽”" in html
    assert "您可能想找" not in html
    assert f"看全部 {OPEN} 个开放数据集" in html
    assert "常查" not in await page(province, "/")


async def test_a_place_becomes_a_filter_of_results_figures_and_rows(province: Province) -> None:
    html = await page(province, "/search?q=西湖区 空气")
    assert '地区：西湖区 <span aria-hidden="true">×' in html
    assert "/search?q=%E7%A9%BA%E6%B0%94" in html
    assert '"/datasets/hb_air_quality_hourly?region=330106"' in html
    dataset = await page(province, "/datasets/hb_air_quality_hourly?region=330106")
    assert "预览和下载只含西湖区的数据。" in dataset
    preview = dataset.split('id="preview"')[1].split("</section>")[0]
    assert set(re.findall(r"(\w+区|\w+县|\w+市)</td>", preview)) == {"西湖区"}
    async with province.client() as client:
        rows = await client.get("/datasets/hb_air_quality_hourly/download.csv?region=330100")
        wrong = await client.get("/datasets/hb_air_quality_hourly?region=999999")
    assert wrong.status_code == 422
    lines = [line for line in rows.text.splitlines() if line.startswith('"33')]
    assert lines
    assert all(line.startswith('"3301') for line in lines)


async def test_a_figure_without_values_for_the_place_is_shown_for_the_one_around_it(
    province: Province,
) -> None:
    """“西湖区 养老” was an error page: one of its figures goes down to the province alone."""
    coarse = [
        spec
        for spec in province.services.metrics.values()
        if spec.region_field and spec.finest_level != "county" and spec.audience == "public"
    ]
    assert coarse
    for spec in coarse:
        html = await page(province, f"/search?q=西湖区 {spec.name.zh}")
        assert f"/metrics/{spec.id}" in html, spec.id


@pytest.mark.parametrize(
    ("name", "code"), [("江东区", "330212"), ("江东", "330212"), ("萧山市", "330109")]
)
async def test_a_county_is_found_by_a_name_that_it_had(
    province: Province, name: str, code: str
) -> None:
    found = province.services.search.search(SearchQuery(f"{name} 空气"))
    assert (found.place, "hb_air_quality_hourly" in found.ids) == (code, True)
    assert [one.code for one in find_places(name)] == [code]


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("绍兴县", ("330602", "330603")),
        ("江干区", ("330102", "330114")),
        ("江干", ("330102", "330114")),
    ],
)
async def test_a_county_that_was_divided_is_found_by_its_parts(
    province: Province, name: str, codes: tuple[str, ...]
) -> None:
    found = province.services.search.search(SearchQuery(f"{name} 空气"))
    assert (found.place, found.places, found.rest) == (None, codes, "空气")
    assert "hb_air_quality_hourly" in found.ids
    assert tuple(one.code for one in find_places(name)) == codes
    figures = await page(province, f"/search?q={name} 空气")
    assert 'href="/metrics/' not in figures  # which would be the province's
    html = await page(province, f"/search?q={name}")
    assert "撤销，今属" in html
    assert all(f'href="/places/{code}"' in html for code in codes)


async def test_a_place_of_another_name_is_said_to_be_what_it_is_now(province: Province) -> None:
    assert "下城区于2021年4月9日撤销，今属拱墅区" in await page(province, "/search?q=下城区 空气")
    english = await page(province, "/search?q=下城区 空气&lang=en")
    assert "Xiacheng District ended on 9 April 2021; it is Gongshu District now" in english
    assert "撤销" not in await page(province, "/search?q=拱墅区 空气")


async def test_another_spelling_is_said_not_hidden(province: Province) -> None:
    html = await page(province, "/search?q=空汽质量")
    assert "按您写的没有找到，下面是“空气质量”的结果。" in html
    assert "/datasets/hb_air_quality_hourly" in html


async def test_a_service_that_is_not_there_is_not_promised(province: Province) -> None:
    html = await page(province, "/search?q=补办身份证")
    assert "这里没有这件事的办事指南，要办请打 12345。" in html
    assert 'href="/services/' not in html


async def test_one_who_wants_something_done_finds_its_service(province: Province) -> None:
    for typed, item in (("办居住证", "residence_permit"), ("公积金", "housing_fund_withdrawal")):
        html = await page(province, f"/search?q={typed}")
        assert f'<h3><a href="/services/{item}">' in html
        assert "这里没有这件事的办事指南" not in html


async def test_the_api_says_which_region_was_meant_and_what_is_missing(province: Province) -> None:
    async with province.client(province.token("chen"), accept_language="zh") as client:
        answer = await client.get("/api/v1/datasets", params={"q": "杭州 失业金"})
    assert answer.json()["region"] == "330100"
    assert answer.json()["missing"] == ["失业金发放"]
    assert answer.json()["total"] == 0


def reader(province: Province) -> Visitor:
    frame = PageFrame("citizen", province.services.node.clock())
    return Visitor(province.services, province.anonymous, frame)


def hrefs(province: Province, text: str, kind: str = "") -> list[tuple[str, str]]:
    view = search.fill(reader(province), SearchAddress("/search", text, kind=kind))
    return [(hit.kind, hit.href) for hit in view.hits]


def counts(province: Province, text: str) -> dict[str, int]:
    view = search.fill(reader(province), SearchAddress("/search", text))
    names = {name.zh: kind for kind, name in KIND_NAMES.items()}
    return {names[one.label.zh]: one.count for one in view.kinds if isinstance(one.label, Text)}


@pytest.mark.parametrize(
    ("text", "kind", "href"),
    [
        ("怎么看谁查过我", "page", "/help#4"),
        ("隐私", "page", "/privacy#1"),
        ("yinsi", "page", "/privacy#1"),
        ("accessibility", "page", "/accessibility#1"),
        ("字太小", "page", "/help#5"),
        ("cookie", "page", "/privacy#1"),
        ("西湖区", "place", "/places/330106"),
        ("hangzhou", "place", "/places/330100"),
        ("开饭店", "service", "/services/food_permit"),
        ("tuixiu", "service", "/services/retirement"),
        ("pm2.5", "figure", "/metrics/pm25_mean"),
        ("空气质量", "dataset", "/datasets/hb_air_quality_hourly"),
    ],
)
def test_one_box_finds_data_figures_places_and_pages(
    province: Province, text: str, kind: str, href: str
) -> None:
    found = hrefs(province, text, kind)
    assert all(one == kind for one, _ in found)
    assert href.partition("#")[0] in {address.partition("#")[0] for _, address in found}


def test_the_counts_are_those_of_each_kind_alone(province: Province) -> None:
    for text in ("空气", "企业", "西湖区 空气", "数据", "医院", "隐私"):
        told = counts(province, text)
        for kind, number in told.items():
            if kind == "dataset":
                view = search.fill(reader(province), SearchAddress("/search", text, kind=kind))
                assert view.pager.total == number
            else:
                assert len(hrefs(province, text, kind)) == number, (text, kind)


def test_pages_of_officials_are_not_for_citizens(province: Province) -> None:
    for text in ("岗位", "业务事由", "装载报告", "数据目录", "帮助"):
        assert not [href for _, href in hrefs(province, text, "page") if "/official" in href]


def test_services_for_what_happens_in_a_life_come_first_and_are_suggested(
    province: Province,
) -> None:
    for text, wanted in (
        ("生孩子", {"birth_certificate", "birth_registration", "newborn_insurance", "newborn"}),
        ("开饭店", {"food_permit", "restaurant"}),
    ):
        view = search.fill(reader(province), SearchAddress("/search", text))
        first = view.hits[: len(wanted)]
        assert {(one.kind, one.id) for one in first} == {("service", one) for one in wanted}
        assert search.suggestions(reader(province), text[:2]).titles[0] == text


async def test_the_box_of_the_home_page_suggests_as_that_of_the_search(
    province: Province,
) -> None:
    home = await page(province, "/")
    box = home.partition('id="q"')[2].partition(">")[0]
    assert 'hx-get="/search/suggest"' in box and 'list="titles"' in box
    for word in ("生孩子", "开饭店"):
        assert f'<a href="/search?q={word}">{word}</a>' in home
        found = search.fill(reader(province), SearchAddress("/search", word)).hits
        assert found and found[0].kind == "service"


@pytest.mark.parametrize(
    ("typed", "href"),
    [
        ("代办", "/my/mandates"),
        ("替妈妈办", "/my/mandates"),
        ("帮父母办事", "/my/mandates"),
        ("证照真伪", "/verify"),
        ("核验证照", "/verify"),
    ],
)
async def test_a_page_is_found_by_what_people_call_it(
    province: Province, typed: str, href: str
) -> None:
    html = await page(province, f"/search?q={typed}")
    hits = html.partition('class="results"')[2]
    assert f'href="{href}"' in hits
    assert "0 个开放数据集" not in count_line(html)
