"""A place is found by name, pinyin or code; what means several is listed, what means none said."""

import pytest

from tests.province import Province
from tests.test_portals.api.callers import Call, send
from xihu_catalog.registry.codes import divisions
from xihu_platform.errors import BadInput
from xihu_portals.pages.places import find_places, place_of

TYPED = {
    "西湖区": "330106",
    "西湖": "330106",
    "xihu": "330106",
    "Xihu District": "330106",
    " XIHU ": "330106",
    "330106": "330106",
    "杭州": "330100",
    "hangzhou": "330100",
    "景宁": "331127",
    "示例省": "330000",
}


@pytest.mark.parametrize(("typed", "code"), TYPED.items())
def test_a_name_leads_straight_to_its_place(province: Province, typed: str, code: str) -> None:
    answer = send(province, Call("GET", f"/places?q={typed}", "", "wang"), "no_token")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/places/{code}")
    first = send(province, Call("GET", f"/search?q={typed}", "", "wang"), "no_token").text
    assert f'href="/places/{code}"' in first


def test_every_division_is_found_by_each_of_its_names() -> None:
    for one in divisions().values():
        for text in (one.code, one.name.zh, one.name.en):
            assert one in find_places(text), text


def test_what_may_be_several_places_is_a_list_in_the_order_of_codes(province: Province) -> None:
    text = send(province, Call("GET", "/places?q=江", "", "wang"), "no_token").text
    assert "可能是这 2 个地方" in text
    codes = [one.code for one in find_places("江")]
    assert codes == sorted(codes)
    with pytest.raises(BadInput, match="may mean several"):
        place_of("江")


@pytest.mark.parametrize("typed", ["nowhere", "%", "巴黎", "999999"])
def test_what_is_no_place_is_said_and_the_list_stays(province: Province, typed: str) -> None:
    answer = send(province, Call("GET", f"/places?q={typed}", "", "wang"), "no_token")
    assert answer.status_code == 200
    assert "没有找到" in answer.text
    assert answer.text.count('href="/places/33') >= len(divisions())
    with pytest.raises(BadInput, match="no place is called"):
        place_of(typed)
