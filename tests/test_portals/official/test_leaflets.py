"""The officials' pages of words are their own, and their site map leaves out what is not theirs."""

import re

import pytest

from tests.province import Province
from tests.test_portals.official.test_request import get, words
from tests.test_portals.pages.rendered import visitor
from xihu_portals.pages import leaflets, sitemap

OFFICIALS = {"zhou", "wu", "gao", "luo", "sun", "chen", "jt-steward/jt-steward", "tang", "xu"}


def test_officials_are_helped_in_their_own_words(province: Province) -> None:
    frame = visitor(province, province.official("zhou"), official=True)
    assert leaflets.fill(frame, "help").leaflet.title.zh == "帮助"
    titles = {p.title.zh for p in leaflets.fill(frame, "help").leaflet.passages}
    assert "岗位" in titles
    assert "看谁查过我的信息" not in titles


@pytest.mark.parametrize("who", sorted(OFFICIALS))
def test_help_has_no_way_that_is_refused_to_the_reader(province: Province, who: str) -> None:
    page = get(province, who, "/official/help").text.partition("<main")[2].partition("</main>")[0]
    ways = re.findall(r'href="(/official/[^"#]*)"', page)
    assert "/official/catalogue" in ways
    for way in ways:
        assert get(province, who, way).status_code == 200, way


def test_help_leaves_out_what_a_position_may_not_open(province: Province) -> None:
    """By the kinds: a need is said by who handles, an entry is drawn up by stewards and heads."""
    for who, absent in (("gao", "data_need"), ("zhou", "catalogue_entry"), ("wu", "data_need")):
        assert f"/matters/new/{absent}" not in get(province, who, "/official/help").text


def test_the_site_map_leads_to_the_positions_own_region(province: Province) -> None:
    view = sitemap.fill(visitor(province, province.official("chen", "chen-xihu"), official=True))
    addresses = {link.href for section in view.sections for link in section.links}
    assert "/official/region/330106" in addresses
    assert not any(one.startswith("/my/") for one in addresses)


def test_help_leads_to_needs_requests_entries_returned_data_and_corrections(
    province: Province,
) -> None:
    page = get(province, "sun", "/official/help")
    for way in (
        *("/official/matters/new/data_need", "/official/matters/new/catalogue_entry"),
        *("/official/backflow", "/official/matters", "/official/catalogue"),
    ):
        assert f'href="{way}"' in page.text, way
        assert get(province, "sun", way).status_code == 200, way
    said = words(page)
    assert all(one in said for one in ("申请使用", "启动更新", "校核申请"))
