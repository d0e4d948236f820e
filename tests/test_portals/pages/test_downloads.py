"""CSV for people beside CSV for programs, and Excel with the same columns."""

import csv
import io

import pytest

from tests.province import Province
from tests.test_portals.decisions.exits import from_xlsx
from xihu_catalog.registry.codes import code_list, divisions

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
