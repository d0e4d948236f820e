"""Subscribing from a dataset's page and from a search."""

import re
from collections.abc import Iterator

import pytest

from tests.entries import unpublished_meanwhile
from tests.province import Province
from tests.test_portals.official.test_request import get, post, words
from xihu_catalog.subscriptions.service import Subscriptions, forget_person

PATH = "/my/subscriptions"
AIR = "hb_air_quality_hourly"


@pytest.fixture(autouse=True)
def _tidy(province: Province) -> Iterator[None]:
    yield
    forget_person(province.services.node.database, "p-citizen3")


def mine(province: Province) -> list[tuple[str, str]]:
    room = Subscriptions(province.services.node.database, province.services)
    return sorted((one.kind, one.subject) for one in room.list_of(province.citizen("wang")))


def test_the_page_of_a_dataset_leads_to_the_form_and_the_form_to_the_list(
    province: Province,
) -> None:
    way = f"{PATH}/new?dataset={AIR}"
    assert f'href="{way}"' in get(province, "wang", f"/datasets/{AIR}").text
    page = get(province, "wang", way)
    assert page.status_code == 200
    assert "空气质量" in words(page) and "新增记录" in words(page) and "逾期未更新" in words(page)
    said = [("position", ""), ("dataset", AIR), ("kind", "new_rows"), ("kind", "late")]
    for _ in range(2):  # twice is once
        sent = post(province, "wang", f"{PATH}/new", [*said, ("frequency", "daily")])
        assert sent.status_code == 303
        assert sent.headers["location"] == f"{PATH}?done=subscribed"
    assert mine(province) == [("late", AIR), ("new_rows", AIR)]


def test_the_conditions_of_an_exploration_are_carried_on(province: Province) -> None:
    explored = get(province, "wang", f"/datasets/{AIR}/explore?filter=aqi:ge:100")
    way = re.search(r'href="(/my/subscriptions/new\?[^"]*)"', explored.text)
    assert way is not None
    page = get(province, "wang", way[1].replace("&amp;", "&"))
    assert "空气质量指数 不小于 100" in words(page)
    assert "逾期未更新" not in words(page)  # a condition is of rows


def test_a_search_is_subscribed_to_with_its_facets(province: Province) -> None:
    found = get(province, "wang", "/search?q=空气&topic=environment")
    way = re.search(r'href="(/my/subscriptions/new\?[^"]*)"', found.text)
    assert way is not None
    page = get(province, "wang", way[1].replace("&amp;", "&"))
    assert page.status_code == 200 and "搜索有新结果" in words(page)
    said = [("position", ""), ("q", "空气"), ("facet", "topic:environment"), ("kind", "search")]
    assert post(province, "wang", f"{PATH}/new", said).status_code == 303
    assert mine(province) == [("search", "")]


def test_what_is_not_published_has_no_form(province: Province) -> None:
    with unpublished_meanwhile(province.services.node.database, AIR):
        answers = [
            get(province, "wang", f"{PATH}/new?dataset={name}") for name in (AIR, "hb_nothing")
        ]
    assert [one.status_code for one in answers] == [404, 404]
    said = [
        re.sub(r"请求编号 \w+", "", words(one).replace(name, ""))
        for one, name in zip(answers, (AIR, "hb_nothing"), strict=True)
    ]
    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("said", "words_zh"),
    [
        ([("dataset", AIR)], "请至少选一种提醒"),
        ([("dataset", AIR), ("kind", "x")], "请至少选一种提醒"),
        ([("dataset", "ga_residents"), ("kind", "new_rows")], "禁止开放"),
        ([("dataset", AIR), ("kind", "new_rows"), ("filter", "aqi:ge:x")], "不是"),
    ],
)
def test_what_is_wrong_is_said_beside_the_form(
    province: Province, said: list[tuple[str, str]], words_zh: str
) -> None:
    answer = post(province, "wang", f"{PATH}/new", [("position", ""), *said])
    assert answer.status_code in {403, 422}
    assert words_zh in words(answer)
    assert mine(province) == []


def test_without_its_token_nothing_is_subscribed_to(province: Province) -> None:
    said = [("position", ""), ("dataset", AIR), ("kind", "late")]
    assert post(province, "wang", f"{PATH}/new", said, csrf="wrong").status_code in {409, 422}
    assert mine(province) == []
