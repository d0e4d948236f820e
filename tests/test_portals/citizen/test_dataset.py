"""A dataset's page for citizens: what it offers to take, and why not."""

import re
from dataclasses import replace
from html import unescape

import pytest

from tests.province import Province
from xihu_catalog.datasets.service import Catalogue
from xihu_portals.pages import describe

pytestmark = pytest.mark.anyio


async def bytes_of(province: Province, path: str, language: str = "zh") -> bytes:
    async with province.client(accept_language=language) as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    return answer.content


async def test_the_page_offers_both_and_people_come_first(province: Province) -> None:
    page = unescape((await bytes_of(province, "/datasets/hb_air_quality_hourly")).decode())
    downloads = page.split('<ul class="downloads">')[1].split("</ul>")[0]
    assert downloads.index("表格（CSV，中文表头）") < downloads.index("CSV（供程序读取）")
    assert 'download.csv?readers=people"' in downloads


async def test_the_examples_of_a_narrowed_page_ask_for_what_it_shows(province: Province) -> None:
    page = unescape((await bytes_of(province, "/datasets/zw_ratings?region=330106")).decode())
    address = re.findall(r"curl 'http://[^/]+(/[^']+)'", page)[0]
    assert "filter=county_code:eq:330106" in address
    async with province.client() as client:
        rows = (await client.get(address)).json()["rows"]
    assert rows and {row["county_code"] for row in rows} == {"330106"}


@pytest.mark.parametrize("dataset", ["mz_elder_care", "ga_residents"])
async def test_a_dataset_that_is_not_open_shows_the_reason_and_no_example(
    province: Province, dataset: str
) -> None:
    page = unescape((await bytes_of(province, f"/datasets/{dataset}")).decode())
    get = page.partition('id="get"')[2].partition("</section>")[0]
    assert "curl" not in get and "state-refused" in get
    assert get.count("开放。") == 1, "the title says why; it is not said again below"


async def test_where_a_sheet_is_too_small_the_reason_stands_in_place_of_the_button(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = unescape((await bytes_of(province, "/datasets/zw_ratings")).decode())
    assert "download.xlsx" in page
    large = describe.downloads("/datasets/zw_ratings", sheet=False)
    assert [one.href for one in large if str(one.format) == str(large[1].format)] == [None]
    assert [f for f in describe.formats(100_001) if f == "Excel"] == []
    original = Catalogue.heartbeat
    monkeypatch.setattr(
        Catalogue, "heartbeat", lambda self, c: replace(original(self, c), rows=100_001)
    )
    page = unescape((await bytes_of(province, "/datasets/zw_ratings")).decode())
    assert "download.xlsx" not in page
    assert "Excel：超过 10 万行，不生成 Excel 文件" in page


async def test_a_code_list_is_named_and_not_by_its_id(province: Province) -> None:
    text = (await bytes_of(province, "/datasets/hb_air_quality_hourly")).decode()
    link = '<a href="/standards/codes/divisions">'
    assert link in text and f"{link}divisions</a>" not in text
