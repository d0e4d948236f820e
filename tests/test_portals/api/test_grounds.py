"""Grounds over HTTP: a system opens them, and reads nothing by itself."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.api.callers import token_headers
from tests.test_portals.official.test_grounds import WANG, number_of
from xihu_platform.access.grounds import GroundRow
from xihu_platform.database import transaction

__all__ = ["acted_province"]  # a fixture


def asked(key: str, /, **changed: object) -> dict[str, object]:
    return {
        "key": key,
        "kind": "inspection_task",
        "item": "medical_transfer",
        "subjects": [WANG],
        "standing": "insured",
        "reader": "chen-yb",
        "reason": "核查",
        "evidence": "P-1",
    } | changed


def call(
    province: Province, method: str, path: str, body: object = None, who: str = "dept-yb"
) -> httpx.Response:
    async def send() -> httpx.Response:
        headers = token_headers(province, "right", who)
        async with province.client() as client:
            return await client.request(method, path, headers=headers, json=body)

    return asyncio.run(send())


def grounds(province: Province) -> int:
    with transaction(province.services.node.database) as session:
        return session.scalar(select(func.count()).select_from(GroundRow)) or 0


def rows_under(province: Province, ground: str) -> httpx.Response:
    where = f"purpose=case&case={ground}&subject=1&limit=5"
    return call(province, "GET", f"/api/v1/datasets/rs_social_insurance/rows?{where}")


def test_it_is_opened_once_listed_and_opens_nothing(province: Province) -> None:
    made = call(province, "POST", "/api/v1/grounds", asked("ground-000001"))
    assert made.status_code == 201, made.text
    again = call(province, "POST", "/api/v1/grounds", asked("ground-000001"))
    assert again.status_code == 200 and again.json()["number"] == made.json()["number"]
    other = call(
        province, "POST", "/api/v1/grounds", asked("ground-000001", subjects=[number_of(2)])
    )
    assert other.status_code == 422, "the same key about somebody else"
    listed = call(province, "GET", "/api/v1/grounds").json()["grounds"]
    assert [one["number"] for one in listed] == ["XH-2026-000125"], "its reader is another"
    (one,) = listed
    assert one["open"] and one["confirmed"] and one["matter"] is None
    assert one["subjects"] == [
        {"number": 1, "kind": "person", "standing": "insured", "added": None}
    ]
    assert WANG not in made.text + str(listed)
    assert rows_under(province, made.json()["number"]).status_code == 403


@pytest.mark.parametrize(
    "changed",
    [
        {"subjects": []},
        {"subjects": ["1' OR '1'='1"]},
        {"subjects": [WANG] * 10_001},
        {"kind": "curiosity"},
        {"item": "social_card"},
        {"reader": "sun-rs"},
        {"reader": "system:other"},
        {"reader": "system:dept-yb"},
        {"reason": ""},
        {"evidence": "two words"},
        {"standing": "boss"},
        {"key": "short"},
        {"more": 1},
    ],
)
def test_what_is_wrong_is_refused_and_opens_no_ground(
    province: Province, changed: dict[str, Any]
) -> None:
    before = grounds(province)
    answer = call(province, "POST", "/api/v1/grounds", asked("ground-wrong-1", **changed))
    assert answer.status_code == 422, answer.text
    assert grounds(province) == before


def test_those_who_only_oversee_open_none(province: Province) -> None:
    before = grounds(province)
    for who in ("wu", "zhou", "xu"):
        answer = call(province, "POST", "/api/v1/grounds", asked("ground-000009"), who)
        assert answer.status_code in {403, 422}, who
    assert (
        call(province, "POST", "/api/v1/grounds", asked("ground-000009"), "wang").status_code == 403
    )
    assert grounds(province) == before
