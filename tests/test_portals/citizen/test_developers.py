"""The page for developers: for each open dataset, and for one that is not."""

import asyncio

import httpx
import pytest

from tests.province import Province
from xihu_portals.pages.client_examples import client_examples


def shown_page(province: Province, address: str, status: int = 200, language: str = "zh") -> str:
    async def ask() -> httpx.Response:
        async with province.client(accept_language=language) as client:
            return await client.get(address)

    answer = asyncio.run(ask())
    assert answer.status_code == status
    return answer.text


def test_the_chosen_dataset_is_the_one_of_the_examples(province: Province) -> None:
    html = shown_page(province, "/developers?dataset=fg_penalties")
    base = province.services.node.settings.base_url
    assert f"{base}/api/v1/datasets/fg_penalties/download.csv" in html
    assert '<option value="fg_penalties" selected>行政处罚信息</option>' in html
    assert "ga_residents" not in html  # it is not open
    assert "/datasets/fg_penalties/croissant.json" in html
    for tool in ("curl", "pandas", "RemoteCKAN", "read.csv", "Csv.Document", "/vsicurl_streaming/"):
        assert tool in html, tool


def test_without_a_choice_there_are_examples_too(province: Province) -> None:
    html = shown_page(province, "/developers", language="en")
    assert "How do I read data with a program?" in html
    assert "fg_credit_evaluations/download.csv" in html


def test_one_that_is_not_open_is_no_example_and_one_that_is_not_there_is_said(
    province: Province,
) -> None:
    closed = shown_page(province, "/developers?dataset=ga_residents")
    assert "/api/v1/datasets/ga_residents" not in closed
    shown_page(province, "/developers?dataset=nothing", 404)


def test_the_page_of_an_open_dataset_leads_here(province: Province) -> None:
    assert 'href="/developers?dataset=fg_penalties"' in shown_page(
        province, "/datasets/fg_penalties"
    )
    assert "/developers?dataset=" not in shown_page(province, "/datasets/ga_residents")


@pytest.mark.parametrize(
    ("base", "dataset"),
    [('http://a"b', "x"), ("http://a", "x y"), ("http://a", 'x"'), ("http://a'", "x"), ("", "x")],
)
def test_what_would_have_to_be_quoted_is_no_example(base: str, dataset: str) -> None:
    with pytest.raises(ValueError, match="quoted"):
        client_examples(base, dataset)
