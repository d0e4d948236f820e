"""Who publishes: counted as the registry's files say, as the search finds, and of known entries."""

import re
from html import unescape

from tests.province import Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.citizen.counted import counts
from tests.test_portals.test_known import set_state
from xihu_catalog.search.asking import SearchQuery

HOTLINE_CENTRE = "11339900100123294E"
"""Publisher of zw_hotline_tickets, zw_ratings and zw_service_cases."""


def get(province: Province, path: str, status: int = 200) -> str:
    answer = send(province, Call("GET", path, "", "wang"), "no_token")
    assert answer.status_code == status, answer.text[:300]
    return unescape(answer.text)


def listed(html: str, path: str) -> dict[str, int]:
    """The numbers after links below a path."""
    found = re.findall(rf'<a href="{path}/([^"]+)">[^<]*</a> <span class="num">([0-9,]+)', html)
    return {name: int(number.replace(",", "")) for name, number in found}


def test_each_publisher_has_as_many_entries_as_the_files_say(province: Province) -> None:
    found = listed(get(province, "/publishers"), "/publishers")
    assert found == counts("provider")
    assert len(found) == 18
    assert sum(found.values()) == 33


def test_the_numbers_are_those_of_the_search(province: Province) -> None:
    searched = province.services.search.search(SearchQuery(limit=1, counts=True)).facets["provider"]
    assert listed(get(province, "/publishers"), "/publishers") == dict(searched)


def test_an_entry_that_is_not_published_is_not_counted(province: Province) -> None:
    before = listed(get(province, "/publishers"), "/publishers")[HOTLINE_CENTRE]
    set_state(province, "draft")
    try:
        hidden = listed(get(province, "/publishers"), "/publishers")[HOTLINE_CENTRE]
    finally:
        set_state(province, "published")
    assert (before, hidden) == (3, 2)


def test_departments_are_in_the_order_of_their_names(province: Province) -> None:
    html = get(province, "/publishers?lang=en")
    names = re.findall(r'<a href="/publishers/[^"]+">([^<]*)</a> <span class="num">', html)
    assert len(names) == 18
    assert names == sorted(names, key=str.casefold)


def test_every_name_leads_to_its_page(province: Province) -> None:
    for key in listed(get(province, "/publishers"), "/publishers"):
        get(province, f"/publishers/{key}")
