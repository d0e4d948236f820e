"""The topics: those of the registry's code list, each with the number of its entries."""

import csv
import re

from tests.province import Province
from tests.test_portals.citizen.counted import CONTRACTS, counts
from tests.test_portals.citizen.test_publishers import get, listed
from tests.test_portals.test_known import set_state

LIST = CONTRACTS.parent / "codes" / "topics.csv"


def codes() -> list[str]:
    with LIST.open(encoding="utf-8", newline="") as lines:
        return [row["code"] for row in csv.DictReader(lines)]


def test_every_topic_of_the_code_list_is_there_in_its_order(province: Province) -> None:
    html = get(province, "/topics")
    assert re.findall(r'href="/topics/([a-z_]+)"', html.partition("<main")[2]) == codes()
    assert len(codes()) == 18


def test_each_has_as_many_entries_as_the_files_say(province: Province) -> None:
    found = listed(get(province, "/topics"), "/topics")
    assert {code: number for code, number in found.items() if number} == counts("topic")
    assert found["food_drug_safety"] == 0


def test_an_entry_that_is_not_published_is_not_counted(province: Province) -> None:
    assert listed(get(province, "/topics"), "/topics")["public_service"] == 3
    set_state(province, "draft")
    try:
        assert listed(get(province, "/topics"), "/topics")["public_service"] == 2
    finally:
        set_state(province, "published")


def test_they_are_in_the_site_map_for_search_engines(province: Province) -> None:
    text = get(province, "/sitemap-1.xml")
    assert "/topics</loc>" in text
    assert "/topics/economy</loc>" in text
    assert "/topics/food_drug_safety</loc>" not in text
    assert "/publishers/113399001001109609</loc>" in text
