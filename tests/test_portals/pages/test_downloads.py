"""CSV for people beside CSV for programs, and Excel only where a sheet can hold the rows."""

import csv
import io
import re
from dataclasses import replace
from html import unescape

import pytest

from tests.province import Province
from tests.test_portals.decisions.exits import from_xlsx
from xihu_catalog.datasets.service import Catalogue
from xihu_catalog.registry.codes import code_list, divisions
from xihu_portals.web import describe

pytestmark = pytest.mark.anyio
AIR = "/datasets/hb_air_quality_hourly/download.csv"
CASES = "/datasets/zw_ratings/download.csv"


async def bytes_of(province: Province, path: str, language: str = "zh") -> bytes:
    async with province.client(accept_language=language) as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    return answer.content


async def test_the_csv_for_people_has_a_bom_chinese_headers_and_names_beside_codes(
    province: Province,
) -> None:
    body = await bytes_of(province, f"{CASES}?readers=people")
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    names = list(rows[0])
    assert names[:4] == ["评价编号", "事项", "事项名称", "办理渠道"]
    assert "办理渠道名称" in names
    items, places = code_list("service_item"), divisions()
    for row in rows[:500]:
        assert row["事项名称"] == items[row["事项"]].zh
        assert row["受理地名称"] == places[row["受理地"]].name.zh


async def test_it_holds_the_same_values_as_the_csv_for_programs(province: Province) -> None:
    programs = list(csv.reader(io.StringIO((await bytes_of(province, AIR)).decode())))
    body = (await bytes_of(province, f"{AIR}?readers=people")).decode("utf-8-sig")
    people = list(csv.reader(io.StringIO(body)))
    assert programs[0][:3] == ["station_code", "measured_at", "county_code"]
    assert people[0][:4] == ["站点编号", "监测时间", "区划", "区划名称"]
    assert "细颗粒物（微克每立方米）" in people[0]
    kept = [n for n, name in enumerate(people[0]) if not name.endswith("名称")]
    assert [[row[n] for n in kept] for row in people[1:]] == programs[1:]


async def test_excel_holds_the_same_columns_as_the_csv_for_people(province: Province) -> None:
    path = "/datasets/tj_county_economy/download"
    body = (await bytes_of(province, f"{path}.csv?readers=people")).decode("utf-8-sig")
    people = list(csv.DictReader(io.StringIO(body)))
    book = from_xlsx(await bytes_of(province, f"{path}.xlsx"))
    assert list(book[0]) == list(people[0])
    assert "区划名称" in book[0]
    assert [row["区划名称"] for row in book] == [row["区划名称"] for row in people]


async def test_a_file_saved_without_a_browser_names_its_snapshot_and_what_it_is(
    province: Province,
) -> None:
    async with province.client() as client:
        answer = await client.get("/api/v1/datasets/tj_county_economy/download.csv")
    named = answer.headers["Content-Disposition"].partition('filename="')[2].partition('"')[0]
    snapshot = answer.headers["X-Xihu-Snapshot"]
    assert named == f"SYNTHETIC-tj_county_economy-{snapshot}.csv"


async def test_an_english_reader_gets_english_headers(province: Province) -> None:
    body = await bytes_of(province, f"{AIR}?readers=people", "en")
    first = body.decode("utf-8-sig").splitlines()[0]
    assert first.lstrip('"').startswith("Station")
    assert "County, name" in first or "Division, name" in first


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
    large = describe.downloads("/datasets/zw_ratings", 100_001)
    assert [one.href for one in large if str(one.format) == str(large[1].format)] == [None]
    assert [f for f in describe.formats(100_001) if f == "Excel"] == []
    original = Catalogue.heartbeat
    monkeypatch.setattr(
        Catalogue, "heartbeat", lambda self, c: replace(original(self, c), rows=100_001)
    )
    page = unescape((await bytes_of(province, "/datasets/zw_ratings")).decode())
    assert "download.xlsx" not in page
    assert "Excel：行数太多，Excel 放不下，请改下 CSV" in page
