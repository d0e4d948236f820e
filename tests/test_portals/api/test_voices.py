"""Comments and reuses over HTTP: what is shown to all, and nothing of who wrote it."""

from typing import Any

import pytest

from tests.asking import acted_province, key
from tests.entries import unpublished_meanwhile
from tests.province import Province
from tests.test_portals.api.callers import token_headers
from xihu_catalog.contracts.model import policy_of
from xihu_catalog.sharing.openings import opening_of
from xihu_catalog.voices import acts
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN

__all__ = ["acted_province"]  # a fixture
pytestmark = pytest.mark.anyio
DATASET = "jy_pupils"
SAYS: dict[str, Value] = {"comment": "很清楚\n<b>粗</b>", "name": "湖边人"}
MADE: dict[str, Value] = {
    "title": "学校地图",
    "description": "按区县",
    "address": "https://map.example.com/",
}


@pytest.fixture(autouse=True)
def many_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests write more within a day of their province than a person may."""
    monkeypatch.setattr(acts, "A_DAY", 10_000)


def act(province: Province, matter: int, event: str, who: str = "wang") -> None:
    matters = province.services.matters
    principal = province.citizen(who) if who == "wang" else province.official(who, who)
    version = matters.read(principal, matter).version
    matters.act(principal, matter, Command(event, key(), version))


def said(province: Province, kind: str, words: dict[str, Value]) -> int:
    services, wang = province.services, province.citizen("wang")
    policy = policy_of(services.catalogue.contracts.get(DATASET))
    with transaction(services.node.database) as session:
        today = civil_date(services.node.clock())
        opening = opening_of(session, kind, wang, {}, policy, today)
    return services.matters.open(wang, opening, Command(OPEN, key(), values=words)).matter


async def get(province: Province, path: str, who: str = "") -> Any:  # Any: JSON
    headers = token_headers(province, "right", who) if who else {}
    async with province.client() as client:
        answer = await client.get(f"/api/v1/datasets/{path}", headers=headers)
    return answer.json() if answer.status_code == 200 else answer.status_code


async def test_what_is_shown_is_answered_and_counted(province: Province) -> None:
    comment, reuse = said(province, "data_comment", SAYS), said(province, "data_reuse", MADE)
    try:
        none = await get(province, f"{DATASET}/voices")
        assert (none["comments"], none["reuses"], none["voices"]) == (0, 0, [])
        for matter in (comment, reuse):
            act(province, matter, "show", "jy-head")
        found = await get(province, f"{DATASET}/voices")
        today = civil_date(province.services.node.clock()).isoformat()
        assert found == {
            "dataset": DATASET,
            "comments": 1,
            "reuses": 1,
            "page": 1,
            "voices": [
                {
                    "id": reuse,
                    "kind": "reuse",
                    "written_on": today,
                    "name": None,
                    "by_firm": False,
                    "title": "学校地图",
                    "text": "按区县",
                    "address": "https://map.example.com/",
                },
                {
                    "id": comment,
                    "kind": "comment",
                    "written_on": today,
                    "name": "湖边人",
                    "by_firm": False,
                    "title": None,
                    "text": "很清楚\n<b>粗</b>",
                    "address": None,
                },
            ],
        }
        only = await get(province, f"{DATASET}/voices?kind=reuse")
        assert [one["id"] for one in only["voices"]] == [reuse] and only["comments"] == 1
        assert (await get(province, f"{DATASET}/voices?page=2"))["voices"] == []
        with unpublished_meanwhile(province.services.node.database, DATASET):
            assert await get(province, f"{DATASET}/voices") == 404
            assert await get(province, f"{DATASET}/voices", "wang") == 404
    finally:
        for matter in (comment, reuse):
            act(province, matter, "take_down")
    gone = await get(province, f"{DATASET}/voices")
    assert (gone["comments"], gone["reuses"], gone["voices"]) == (0, 0, [])


async def test_pages_leave_nothing_out(province: Province) -> None:
    made = []
    try:
        for _ in range(21):
            made.append(said(province, "data_comment", SAYS))
            act(province, made[-1], "show", "jy-head")
        pages = [await get(province, f"{DATASET}/voices?page={page}") for page in (1, 2, 3)]
        assert [len(one["voices"]) for one in pages] == [20, 1, 0]
        assert {one["comments"] for one in pages} == {21}
        found = [voice["id"] for one in pages for voice in one["voices"]]
        assert found == made[::-1]
        async with province.client() as client:
            first = (await client.get(f"/datasets/{DATASET}/voices")).text
            last = (await client.get(f"/datasets/{DATASET}/voices?kind=comment&page=2")).text
            entry = (await client.get(f"/datasets/{DATASET}")).text
        assert f'rel="next" href="/datasets/{DATASET}/voices?page=2"' in first
        assert f'rel="prev" href="/datasets/{DATASET}/voices?kind=comment&amp;page=1"' in last
        assert 'rel="next"' not in last and 'rel="prev"' not in first
        assert (first.count("<article"), last.count("<article")) == (20, 1)
        assert entry.count("<article") == 5 and "全部 21 条评论" in entry
    finally:
        for matter in made:
            act(province, matter, "take_down")


async def test_what_there_is_not_is_not_found(province: Province) -> None:
    assert await get(province, "nothing/voices") == 404
    for asked in ("kind=both", "page=0", "page=501"):
        assert await get(province, f"{DATASET}/voices?{asked}") == 422
