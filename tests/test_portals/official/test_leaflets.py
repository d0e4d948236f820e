"""The officials' pages of words are their own, and their site map leaves out what is not theirs."""

from tests.province import Province
from tests.test_portals.official.test_request import get, words
from tests.test_portals.pages.rendered import visitor
from xihu_portals.pages import leaflets, sitemap


def test_officials_are_helped_in_their_own_words(province: Province) -> None:
    frame = visitor(province, province.official("zhou"), official=True)
    assert leaflets.fill(frame, "help").leaflet.title.zh == "帮助"
    titles = {p.title.zh for p in leaflets.fill(frame, "help").leaflet.passages}
    assert "岗位" in titles
    assert "看谁查过我的信息" not in titles


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
