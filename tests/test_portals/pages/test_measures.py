"""How services are handled, on the desk and on the guide: with the formula, and not of a few."""

from tests import casing
from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.official.test_request import get, words

__all__ = ["acted_province"]  # a fixture
CHEN, GUIDE = "chen/chen-xihu", "/services/elder_card"


def delivered(province: Province) -> None:
    number, chen = casing.handed_in(province), province.official("chen", "chen-xihu")
    casing.act(province, number, chen, "take")
    casing.act(province, number, chen, "grant_at_once")
    casing.act(province, number, chen, "deliver")


def section(page: str, mark: str) -> str:
    return page.partition(f'id="{mark}"')[2].partition("</section>")[0]


def test_the_desk_tells_of_each_and_the_guide_of_ten_and_more(province: Province) -> None:
    for _ in range(9):
        delivered(province)
    casing.handed_in(province)  # the tenth is with the office
    desk = section(get(province, CHEN, "/official/desk").text, "measured-title")
    assert "100.0%" in desk and "9 件" in desk and "0 个工作日" in desk
    assert "网上 10 件，系统对接 0 件，窗口 0 件" in desk
    assert "10 件中的 9 件，其余还不能计算" in desk  # decided, of those handed in
    assert "各环节均未超期的办结件 ÷ 办结件" in desk
    guide = section(get(province, "li", GUIDE).text, "measured")
    assert "100.0%" not in guide and guide.count("不足 10 件，不公布") == 6
    assert "0.0%" in guide and "网上 10 件" in guide  # each of ten had a paper to bring
    delivered(province)
    guide = section(get(province, "li", GUIDE).text, "measured")
    assert "100.0%" in guide and "各环节均未超期的办结件 ÷ 办结件" in guide
    # nobody had papers to follow, nobody has rated badly, so that nobody was called back
    assert guide.count("不足 10 件，不公布") == 3
    assert "网上 0 个工作日" in guide
    english = words(get(province, "li", GUIDE, "en"))
    assert "How cases are handled" in english and "of 10 of 11 cases" in english


def test_where_nobody_has_applied_there_is_nothing(province: Province) -> None:
    assert 'id="measured"' not in get(province, "li", "/services/shop_sign").text
