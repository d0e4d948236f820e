"""Who reads their own rows is not told the exact number of everybody's."""

import pytest

from tests.province import Province

pytestmark = pytest.mark.anyio
CASE = "purpose=case&case=XH-2026-000124&limit=1"


async def cited_rows(province: Province, who: str, query: str, **headers: str) -> object:
    url = f"/api/v1/datasets/rs_social_insurance/rows?{query}"
    async with province.client(province.token(who), **headers) as client:
        answer = await client.get(url)
    assert answer.status_code == 200, answer.text
    return answer.json()["citation"]["rows"]


async def test_a_citizen_is_not_told_how_many_rows_closed_data_has(province: Province) -> None:
    assert await cited_rows(province, "wang", "purpose=own") is None


async def test_an_office_is_told(province: Province) -> None:
    rows = province.services.node.lake.snapshot("data.rs_social_insurance").rows
    told = await cited_rows(province, "sun", CASE, X_Xihu_Position="sun-rs")
    assert told == rows


async def test_of_open_data_everybody_is_told(province: Province) -> None:
    url = "/api/v1/datasets/hb_air_quality_hourly/rows?limit=1"
    async with province.client() as client:
        rows = (await client.get(url)).json()["citation"]["rows"]
    assert rows == province.services.node.lake.snapshot("data.hb_air_quality_hourly").rows
