"""Wherever a state is shown, how far the data reaches is said, and it is not the load's time."""

import re
from html import unescape

import pytest

from tests.province import Province
from xihu_catalog.datasets.service import Heartbeat
from xihu_portals.official import needs as waiting
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame

pytestmark = pytest.mark.anyio
LATE_AIR = "逾期未更新 · 数据截至 2026年11月22日 23:00"


async def page(province: Province, path: str, language: str = "zh") -> str:
    async with province.client(accept_language=language) as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    return unescape(re.sub(r"<[^>]+>|\s+", " ", answer.text))


async def test_the_dataset_page_says_both(province: Province) -> None:
    words = re.sub(" +", " ", await page(province, "/datasets/hb_air_quality_hourly"))
    assert "状态 逾期未更新 数据截至" in words
    assert re.search(r"数据截至 2026年11月22日 23:00 装载于 2026年11月23日 12:\d\d", words)
    monthly = re.sub(" +", " ", await page(province, "/datasets/jx_industrial_output"))
    assert "状态 按时更新 数据截至 2026年10月 装载于" in monthly
    english = re.sub(" +", " ", await page(province, "/datasets/jx_industrial_output", "en"))
    assert "Data as of Oct 2026" in english


async def test_the_list_says_how_far_the_data_reaches(province: Province) -> None:
    words = re.sub(" +", " ", await page(province, "/search?q=空气"))
    assert LATE_AIR in words


async def test_the_home_page_says_what_is_late(province: Province) -> None:
    assert "逾期未更新 · 空气质量小时值" in re.sub(" +", " ", await page(province, "/"))


async def test_the_api_says_both(province: Province) -> None:
    async with province.client() as client:
        answer = await client.get("/api/v1/datasets/hb_air_quality_hourly")
        without = await client.get("/api/v1/datasets/jy_schools")
    body = answer.json()
    assert body["data_as_of"] == "2026-11-22T23:00:00+08:00"
    assert body["loaded_at"].startswith("2026-11-23T04:")
    assert body["state"] == "late"
    assert without.json()["data_as_of"] is None


def test_the_cockpit_lists_data_that_is_late_by_its_reach(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each by itself, where no department has several."""
    monkeypatch.setattr(waiting, "OVERSEE", frozenset())
    chief = province.official("zhou")
    frame = PageFrame("official", province.services.node.clock())
    found = waiting.sections(Visitor(province.services, chief, frame))
    late = {need.href for one in found for need in one.needs if need.kind == "late"}
    beats: dict[str, Heartbeat] = {
        f"/official/datasets/{e.contract.dataset}": e.heartbeat
        for e in province.services.catalogue.entries()
    }
    assert "/official/datasets/hb_air_quality_hourly" in late
    assert late == {href for href, heart in beats.items() if heart.state == "late"}
