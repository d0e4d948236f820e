"""Services over the API: what the page of the guide says, found by everyday words."""

import pytest

from tests.province import Province
from tests.test_portals.api.answers import Question, ask
from tests.test_portals.citizen.test_service import get as page
from xihu_catalog.services.items import service_items


def answer(province: Province, path: str) -> dict[str, object]:
    got = ask(province, Question("", f"/api/v1/services{path}"))
    assert got.status_code == 200, got.text
    found: dict[str, object] = got.json()
    return found


def ids(found: dict[str, object]) -> list[str]:
    services = found["services"]
    assert isinstance(services, list)
    return [one["id"] for one in services]


def test_every_service_comes_once_page_by_page(province: Province) -> None:
    listed = list[str]()
    for offset in (0, 10, 20, 30):
        found = answer(province, f"?offset={offset}&limit=10")
        assert found["total"] == 29
        listed += ids(found)
    assert len(listed) == len(set(listed)) == 29


def test_services_are_found_by_everyday_words_and_for_whom_they_are(province: Province) -> None:
    assert ids(answer(province, "?q=baby insurance"))[0] == "newborn_insurance"
    assert "newborn_insurance" in ids(answer(province, "?q=生孩子"))
    assert ids(answer(province, "?q=zzzz")) == []
    firms, persons = (
        set(ids(answer(province, f"?audience={one}&limit=100"))) for one in ("firm", "person")
    )
    assert "tax_registration" in firms - persons
    assert "newborn_insurance" in persons - firms
    assert "food_permit" in firms & persons


def test_the_places_that_are_left_are_open_data(province: Province) -> None:
    """By hand: a working day has six times from nine to twelve and six from two to five, each with
    three places."""
    got = ask(province, Question("", "/api/v1/services/low_income/slots"))
    (counter,) = got.json()["counters"]
    days = {one["starts"][:10] for one in counter["slots"]}
    whole = [one for one in counter["slots"] if one["starts"].startswith("2026-11-24")]
    assert len(whole) == 12 and {one["left"] for one in whole} <= {0, 1, 2, 3}
    assert whole[0]["starts"] == "2026-11-24T09:00:00+08:00"
    assert "2026-11-28" not in days and "2026-11-29" not in days  # a weekend
    assert set(counter) == {"id", "name", "place", "phone", "slots"}
    assert {name for one in counter["slots"] for name in one} == {"starts", "ends", "left"}
    assert answer(province, "/food_permit/slots") == {"counters": []}
    got = ask(province, Question("", "/api/v1/services/no_such/slots"), "en")
    assert got.status_code == 404 and "there is no service" in got.text


def test_a_guide_says_what_its_page_says(province: Province) -> None:
    found = answer(province, "/food_permit")
    assert found["version"] == 1 and found["basic_code"] == "0000131073"
    assert found["name"] == {"zh": "食品经营许可", "en": "Food business licence"}
    assert found["body"] == {
        "uscc": "113399001001109609",
        "name": {
            "zh": "示例省市场监督管理局",
            "en": "Example Province Administration for Market Regulation",
        },
    }
    assert (found["way"], found["accepts_online"]) == ("licensing", True)
    assert found["legal"] == {
        "value": 20,
        "unit": "working_day",
        "words": {"zh": "20 个工作日", "en": "20 working days"},
    }
    assert found["promised"] == {
        "value": 8,
        "unit": "working_day",
        "words": {"zh": "8 个工作日", "en": "8 working days"},
    }
    assert found["fee"] is None


@pytest.mark.parametrize("item", sorted(service_items()))
def test_papers_offices_and_counters_are_those_of_the_page(province: Province, item: str) -> None:
    found, shown = answer(province, f"/{item}"), page(province, item)
    counter, papers, spared = found["counter"], found["papers"], found["not_asked"]
    assert isinstance(counter, dict) and isinstance(papers, list) and isinstance(spared, list)
    assert counter["phone"] in shown and counter["address"]["zh"] in shown
    assert len(papers) + len(spared) == len(service_items()[item].materials)
    for one in (*papers, *spared):
        assert one["name"]["zh"] in shown
    for one in spared:
        assert f"来自{one['office']['zh']}" in shown
    assert (f'href="/services/{item}/apply"' in shown) is found["accepts_online"]


def test_another_name_is_not_found(province: Province) -> None:
    got = ask(province, Question("", "/api/v1/services/no_such"), "en")
    assert got.status_code == 404 and "no service" in got.json()["detail"]


def test_a_bundle_has_its_services_and_no_period_by_law(province: Province) -> None:
    found = answer(province, "/after_death")
    assert found["legal"] is None and found["fee"] is None
    parts = found["parts"]
    assert isinstance(parts, list)
    after = {one["service"]: one["after"] for one in parts}
    assert after == {
        "death_deregistration": [],
        "funeral_grant": [],
        "account_inheritance": [],
        "housing_fund_withdrawal": ["death_deregistration"],
        "property_transfer": ["death_deregistration"],
    }
    assert [one["depends"] for one in parts] == [False, True, True, True, True]
    assert answer(province, "/food_permit")["parts"] == []
