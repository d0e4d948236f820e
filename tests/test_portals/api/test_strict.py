"""A question that means nothing gets no answer: unknown names, codes and repeated parameters."""

import pytest

from tests.province import Province

pytestmark = pytest.mark.anyio
METRIC = "/api/v1/brain/metrics"
ROWS = "/api/v1/datasets/zw_ratings/rows"


@pytest.mark.parametrize(
    ("address", "named"),
    [
        (f"{METRIC}/residents/query?parent=440000", "440000"),
        (f"{METRIC}/residents/query?parent=000000", "000000"),
        (f"{METRIC}/residents/query?parent=３３０１００", "３３０１００"),
        (f"{METRIC}/residents/query?parent=²²²²²²", "²²²²²²"),
        (f"{METRIC}/hotline_tickets/query?filter=topic:zz", "zz"),
        (f"{METRIC}/gdp/query?latset=1", "latset"),
        ("/api/v1/datasets?facet=nothing:1", "nothing"),
        ("/api/v1/datasets?facet=topic", "topic"),
        (f"{METRIC}/gdp/query?latest=1&latest=2", "latest"),
        (f"{ROWS}?snapshot=1&snapshot=2", "snapshot"),
        (f"{ROWS}?filters=county_code:eq:330106", "filters"),
        (f"{ROWS}?filter=county_code:null:maybe", "maybe"),
    ],
)
async def test_it_is_said_what_is_not_known(province: Province, address: str, named: str) -> None:
    async with province.client() as client:
        answer = await client.get(address)
    assert answer.status_code == 422, answer.text[:200]
    assert named in answer.json()["detail"]


@pytest.mark.parametrize(
    "address",
    [
        f"{METRIC}/gdp/query?latest=1&parent=330100&lang=en",
        "/api/v1/datasets?facet=topic:credit&facet=open_class:unconditional",
        f"{METRIC}/hotline_tickets/query?filter=topic:noise",
        f"{ROWS}?filter=county_code:eq:330106&filter=service_item:null:no&sort=-rating&limit=1",
    ],
)
async def test_what_is_known_is_answered(province: Province, address: str) -> None:
    async with province.client() as client:
        answer = await client.get(address)
    assert answer.status_code == 200, answer.text
