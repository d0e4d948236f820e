"""The query language: time is linear in every text, and no request compares without end."""

import contextlib
from time import process_time

import pytest

from tests.province import Province
from tests.test_portals.api.ckan.asking import post, send
from xihu_portals.api.ckan.answers import SearchQueryFault
from xihu_portals.api.ckan.solr import QUERY_LENGTH, parse_solr

PIECES = (
    *(" ", "[", "]", "{", '"', "\\\\", "(", ")", "-", "a:b ", '["', '"['),
    *("[a", "/", "*", "^1", "\t"),
)
SEARCH = "/api/3/action/package_search"


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("start", ["", "name:b", '"', "["])
def test_a_text_costs_no_more_than_its_length(piece: str, start: str) -> None:
    text = (start + piece * QUERY_LENGTH)[:QUERY_LENGTH]
    began = process_time()
    with contextlib.suppress(SearchQueryFault):
        parse_solr(text)
    assert process_time() - began < 0.5


@pytest.mark.parametrize(
    "sent",
    [
        {"fq": ["state:active"] * 60},
        {"fq": ["name:" + "a" * 3000] * 3},
        {"fq": "state:active", "fl": [f"f{n}" for n in range(200)]},
        {"sort": ",".join(["name asc"] * 20)},
        {"q": " OR ".join(f"w{n}" for n in range(40))},
    ],
)
def test_what_is_too_much_is_refused_at_once(province: Province, sent: dict[str, object]) -> None:
    began = process_time()
    answer = post(province, SEARCH, json=sent)
    assert answer.status_code in {400, 409}
    assert answer.json()["error"]["__type"] in {"Search Query Error", "Validation Error"}
    assert process_time() - began < 2


def test_clauses_are_counted_with_the_entries_that_they_compare(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xihu_portals.api.ckan.matching.WORK", 33 * 5)
    few, many = (" OR ".join(f"notes:z{n}" for n in range(count)) for count in (3, 9))
    assert send(province, "package_search", fq=few).status_code == 200
    assert send(province, "package_search", fq=many).status_code == 400
    pairs = [f"name:{n}" for n in range(20)]
    assert post(province, "/api/3/action/resource_search", json={"query": pairs}).status_code == 409
