"""这页有用吗: counted by page, without a person, and only for pages that there are."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import inspect

from tests.province import NOW, Province
from xihu_catalog.quality.feedback import usefulness
from xihu_platform.clock import civil_date


def post(province: Province, **form: str) -> httpx.Response:
    async def send() -> httpx.Response:
        async with province.client(accept_language="en") as client:
            return await client.post("/feedback", data=form)

    return asyncio.run(send())


def counts(province: Province, page: str) -> dict[str, int]:
    today = civil_date(NOW)
    found = usefulness(province.services.node.database, today - timedelta(days=1))
    return next((one.answers for one in found if one.page == page), {})


def test_an_answer_is_counted_and_leads_back(province: Province) -> None:
    page = "/datasets/hb_air_quality_hourly"
    before = counts(province, page)
    answer = post(province, answer="useful", next=f"{page}?region=330106")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{page}?region=330106#thanks"
    post(province, answer="unclear", next=page)
    post(province, answer="unclear", next=page)
    after = counts(province, page)
    assert after.get("useful", 0) == before.get("useful", 0) + 1
    assert after.get("unclear", 0) == before.get("unclear", 0) + 2


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("useful", "/no/such/page"),
        ("useful", "/datasets/" + "a" * 300),
        ("wrong", "/datasets/330106199001011234"),
        ("wrong", "/places/999999"),
        ("wrong", "/my/uses/17/proof"),
        ("wrong", "/static/x"),
        ("wrong", "/metrics/gdp/download.csv"),
        ("wrong", "/api/v1/datasets/hb_air_quality_hourly"),
        ("wrong", "/realms/xihu/protocol/openid-connect/auth"),
        ("wrong", "/feedback"),
        ("useless", "/"),
    ],
)
def test_what_is_no_answer_or_no_page_is_refused(
    province: Province, given: str, address: str
) -> None:
    assert post(province, answer=given, next=address).status_code == 422


def test_it_leads_to_no_other_site(province: Province) -> None:
    answer = post(province, answer="useful", next="//evil.example/x")
    assert answer.headers["location"] == "/#thanks"


def test_nothing_of_who_answered_can_be_kept(province: Province) -> None:
    columns = {
        c["name"] for c in inspect(province.services.node.database).get_columns("page_feedback")
    }
    assert columns == {"page", "day", "answer", "number"}


def test_what_stands_in_an_address_by_somebodys_hand_is_not_kept(province: Province) -> None:
    assert (
        post(province, answer="slow", next="/official/loads/330106199001011234").status_code == 303
    )
    assert counts(province, "/official/loads/{load}").get("slow") == 1
