"""A topic's page: what it is, its entries, and who publishes them."""

import pytest

from tests.province import Province
from tests.test_portals.citizen.counted import contracts
from tests.test_portals.citizen.test_publisher import datasets, states
from tests.test_portals.citizen.test_publishers import get, listed
from tests.test_portals.test_known import CASES, set_state
from xihu_catalog.search.asking import SearchQuery


@pytest.mark.parametrize("topic", sorted({one["topic"] for one in contracts().values()}))
def test_its_entries_are_those_of_the_files(province: Province, topic: str) -> None:
    html = get(province, f"/topics/{topic}")
    own = {name for name, one in contracts().items() if one["topic"] == topic}
    assert set(datasets(html)) == own
    assert sum(states(html).values()) == len(own)
    found = province.services.search.search(SearchQuery(facets=(("topic", topic),)))
    assert found.total == len(own)


def test_its_publishers_are_counted(province: Province) -> None:
    found = listed(get(province, "/topics/economy"), "/publishers")
    assert found == {
        "11339900100112333U": 2,
        "113399001001137073": 2,
        "11339900100121926N": 1,
        "113399001001109609": 1,
    }


def test_it_says_what_it_is_called_elsewhere(province: Province) -> None:
    html = get(province, "/topics/economy?lang=en")
    assert "http://publications.europa.eu/resource/authority/data-theme/ECON" in html
    assert '<span lang="zh">宏观经济与产业</span>' in html
    assert 'href="/standards/codes/topics"' in html


def test_one_without_entries_says_so(province: Province) -> None:
    assert "还没有条目" in get(province, "/topics/food_drug_safety")


@pytest.mark.parametrize("topic", ["none", "economy%0A", "%F0%9F%98%80"])
def test_what_is_no_topic_is_not_found(province: Province, topic: str) -> None:
    get(province, f"/topics/{topic}", 404)


def test_an_entry_that_is_not_published_is_in_no_list_and_no_count(province: Province) -> None:
    assert CASES in datasets(get(province, "/topics/public_service"))
    set_state(province, "draft")
    try:
        html = get(province, "/topics/public_service")
        assert get(province, "/topics/public_service?page=2", 404)
    finally:
        set_state(province, "published")
    assert CASES not in html
    assert len(datasets(html)) == 2


def test_an_entry_leads_to_its_topic(province: Province) -> None:
    assert 'href="/topics/economy"' in get(province, "/datasets/tj_county_economy")
    assert 'href="/topics/economy"' in get(province, "/search?topic=economy")
