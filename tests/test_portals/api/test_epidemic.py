"""The real file through the whole thread: from CSV through ingestion to the metric API."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.vendored import unpack_epidemic
from xihu_catalog.contracts.load import load_contract
from xihu_catalog.schema import upgrade
from xihu_node.app import create_app
from xihu_node.services import open_services
from xihu_pipelines.ingest.load import load_file
from xihu_platform.settings import Settings
from xihu_platform.start import open_node

HERE = Path(__file__).parent
CONTRACT = HERE.parents[1] / "test_pipelines" / "ingest" / "epidemic.odcs.yaml"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    ground = open_node(Settings(data_dir=tmp_path))
    upgrade(ground.database)
    load_file(ground, load_contract(CONTRACT), unpack_epidemic(tmp_path))
    for name, source in (
        ("contracts/epidemic_china_daily.odcs.yaml", CONTRACT),
        ("metrics/epidemic_confirmed.yaml", HERE / "epidemic_confirmed.yaml"),
    ):
        (tmp_path / name).parent.mkdir()
        shutil.copyfile(source, tmp_path / name)
    services = open_services(ground)
    transport = httpx.ASGITransport(create_app(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened
    services.close()


async def confirmed(client: httpx.AsyncClient, day: str, **more: str) -> list[float]:
    query = {"from": day, "to": day, "parent": "330000", **more}
    answer = await client.get("/api/v1/brain/metrics/epidemic_confirmed/query", params=query)
    assert answer.status_code == 200, answer.text
    return [point["value"] for point in answer.json()["points"]]


@pytest.mark.anyio
async def test_a_province_is_the_sum_of_its_cities_and_never_of_its_own_row(
    client: httpx.AsyncClient,
) -> None:
    assert await confirmed(client, "2020-03-01") == [1169]
    assert await confirmed(client, "2020-12-08") == [1183]
    assert await confirmed(client, "2020-12-08", level="province") == [1183]
    assert sum(await confirmed(client, "2020-12-08", level="city")) == 1183


@pytest.mark.anyio
async def test_the_provinces_own_row_is_in_the_data_all_the_same(client: httpx.AsyncClient) -> None:
    answer = await client.get(
        "/api/v1/datasets/epidemic_china_daily/rows",
        params={
            "filter": ["province_code:eq:330000", "city:null:yes", "day:in:2020-03-01,2020-12-08"],
            "sort": "day",
        },
    )
    assert [row["confirmed"] for row in answer.json()["rows"]] == [1218, 1295]


@pytest.mark.anyio
async def test_months_of_a_stock_take_their_last_day(client: httpx.AsyncClient) -> None:
    answer = await client.get(
        "/api/v1/brain/metrics/epidemic_confirmed/query",
        params={"grain": "month", "parent": "330000", "from": "2020-12-01", "to": "2020-12-31"},
    )
    assert [p["value"] for p in answer.json()["points"]] == [1183]
