"""The services are found by one's own words, by an event of life or by department."""

import re

import pytest

from tests.province import Province
from tests.test_portals.api.callers import Call, send
from xihu_catalog.services.items import service_items


def get(province: Province, query: str = "?", language: str = "zh") -> str:
    call = Call("GET", f"/services{query}&lang={language}", "", "wang")
    return send(province, call, "no_token").text


def linked(text: str) -> list[str]:
    return re.findall(r'href="/services/([a-z_]+)"', text)


def test_every_item_is_in_the_list_by_department(province: Province) -> None:
    text = get(province)
    assert set(linked(text)) == set(service_items())
    for name in ("出生", "上学", "就业", "开店", "购房", "退休", "养老", "身后"):
        assert f"<h3>{name}</h3>" in text


def test_one_s_own_words_find_the_item_and_none_is_said_to_be_none(province: Province) -> None:
    found = get(province, "?q=开饭店")
    assert linked(found)[0] == "food_permit"
    none = get(province, "?q=身份证丢了")
    assert "这里没有“身份证丢了”的事项" in none
    assert 'href="tel:12345"' in none
    assert "个事项</h2>" not in none and len(linked(none)) >= 24


def test_another_spelling_is_told(province: Province) -> None:
    assert "按“退休”查找。" in get(province, "?q=tuixiu")


@pytest.mark.parametrize(
    ("audience", "there", "not_there"),
    [("person", "elder_card", "firm_change"), ("firm", "firm_change", "elder_card")],
)
def test_the_list_can_be_that_of_persons_or_of_firms(
    province: Province, audience: str, there: str, not_there: str
) -> None:
    listed = linked(get(province, f"?for={audience}").split('id="all"')[1])
    assert there in listed and not_there not in listed


def test_it_is_all_in_english(province: Province) -> None:
    text = get(province, "?q=restaurant", "en")
    assert "2 services found" in text and "Opening a restaurant: all in one" in text
    assert "Food business licence" in text and "Housing Provident Fund Centre" in text


def test_what_is_typed_is_shown_as_it_is(province: Province) -> None:
    assert "<b>x</b>" not in get(province, "?q=<b>x</b>")
