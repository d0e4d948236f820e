"""Data standards over HTTP: lists by day, elements, and only what the caller may know of."""

import pytest

from tests.province import Province
from tests.test_portals.api.callers import Call, send
from xihu_catalog.registry.codes import list_names

CODES, ELEMENTS = "/api/v1/standards/codes", "/api/v1/standards/elements"


def ask(province: Province, path: str) -> dict[str, object]:
    answer = send(province, Call("GET", path, "", ""), "no_token")
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def test_every_list_is_listed_with_its_standard(province: Province) -> None:
    found = ask(province, CODES)
    lists = {one["id"]: one for one in found["lists"]}  # type: ignore[attr-defined]
    assert list(lists) == [*list_names()]
    assert found["total"] == len(lists) == 45
    page = ask(province, f"{CODES}?offset=44&limit=10")
    assert [one["id"] for one in page["lists"]] == ["water_grade"]  # type: ignore[attr-defined]
    assert lists["ethnic"]["standard"] == "GB/T 3304-1991"
    assert (lists["sex"]["extent"], lists["divisions"]["extent"]) == ("whole", "extract")
    assert lists["aid_kind"]["standard"] is None


def test_the_codes_of_a_day_are_paged(province: Province) -> None:
    whole = ask(province, f"{CODES}/divisions?on=2020-01-01")
    assert whole["total"] == 102
    codes = {one["code"]: one for one in whole["entries"]}  # type: ignore[attr-defined]
    assert codes["330104"]["valid_to"] == "2021-04-09"
    assert codes["330104"]["successors"] == ["330102", "330114"]
    assert "330114" not in codes
    page = ask(province, f"{CODES}/divisions?on=2020-01-01&offset=100&limit=50")
    assert (page["total"], page["offset"]) == (102, 100)
    assert [one["code"] for one in page["entries"]] == list(codes)[100:]  # type: ignore[attr-defined]
    assert ask(province, f"{CODES}/divisions?on=1990-01-01")["total"] == 0


def test_every_element_is_reached_by_paging(province: Province) -> None:
    found: list[str] = []
    while True:
        page = ask(province, f"{ELEMENTS}?offset={len(found)}&limit=100")
        if not page["elements"]:
            break
        found += [one["id"] for one in page["elements"]]  # type: ignore[attr-defined]
    assert len(found) == len(set(found)) == page["total"] == 227


def test_an_element_has_its_attributes_and_its_uses(province: Province) -> None:
    found = ask(province, f"{ELEMENTS}/XH00012")
    assert (found["format"], found["standard"], found["grade"]) == ("an18", "GB 32100-2015", "L1")
    uses = {one["dataset"] for one in found["uses"]}  # type: ignore[attr-defined]
    assert uses == {
        *("fg_credit_evaluations", "fg_penalties", "jx_technology_firms", "sg_annual_reports"),
        *("sg_firms", "sg_inspections", "sg_permits", "sw_tax_payments"),
    }


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{CODES}/nosuch", 404),
        (f"{CODES}/sex?on=yesterday", 422),
        (f"{CODES}/sex?on=1577836800", 422),
        (f"{CODES}/sex?limit=0", 422),
        (f"{CODES}/sex?day=2020-01-01", 422),
        (f"{ELEMENTS}/nosuch", 404),
        (f"{ELEMENTS}?limit=501", 422),
    ],
)
def test_what_is_not_there_is_an_error(province: Province, path: str, status: int) -> None:
    assert send(province, Call("GET", path, "", ""), "no_token").status_code == status
