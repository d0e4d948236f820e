"""No input of any shape is a fault of the program: every answer is CKAN's, none is a 500."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.province import Province
from xihu_portals.api.ckan.routes import DATASTORE, READS

ACTIONS = sorted({*READS, *DATASTORE, "package_create", "no_such", "\u6e56"})
NAMES = (
    *("id", "q", "fq", "fq_list", "sort", "rows", "start", "limit", "offset", "facet.field"),
    *("facet.limit", "facet.mincount", "fl", "page", "all_fields", "include_datasets", "query"),
    *("filters", "fields", "distinct", "records_format", "include_total", "resource_id", "name"),
    *("full_text", "organizations", "purpose", "case", "subject", "why", "lang", "callback"),
)
SAID = st.sampled_from(
    [
        *("fg_credit_evaluations", "ga_residents", "*:*", "name:fg_*", "title:\u7a7a", "true", "0"),
        *("-1", "9" * 30, "1e9", "NaN", "\x00", "a\x00b", "a:[b TO", "((((", "a" * 9000),
        *('["tags", "name"]', '{"level": "A"}', '{"level": {"gt": null}}', '["x", 1]', "[" * 3000),
        *("score desc", "_id desc", "score", "uscc desc nulls last", "csv", "NOW-99999999YEARS"),
        *("metadata_modified:[NOW+999999999YEARS TO *]", "metadata_modified:NOW/EON", "a~2^3"),
        *("tags:*?*?*?*", "\u202e", "-", "+", "!", "AND", '"', "\\", "{!join from=a to=b}c"),
        *("organization:" + "(" * 60 + "a" + ")" * 60, " ".join(["a"] * 60)),
    ]
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
WORDS = st.one_of(SAID, TEXTS)
VALUES = st.recursive(
    st.one_of(
        *(WORDS, st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(width=32))
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(NAMES) | WORDS, inner)
    ),
    max_leaves=6,
)
STATUSES = {200, 400, 403, 404, 409, 413, 501}
QUIET = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


class Asked:
    """Hides the province from the report of an example, which would print all of it."""

    def __init__(self, province: Province) -> None:
        self.province = province

    def __repr__(self) -> str:
        return "Asked"


@pytest.fixture(scope="module")
def asked(province: Province) -> Asked:
    return Asked(province)


def check(asked: Asked, method: str, action: str, **sent: Any) -> None:
    """Any: what httpx takes."""

    async def once() -> httpx.Response:
        async with asked.province.client() as client:
            return await client.request(method, f"/api/3/action/{action}", **sent)

    answer = asyncio.run(once())
    assert answer.status_code in STATUSES, (answer.status_code, answer.text[:300])
    body = answer.json()
    if answer.status_code == 200:
        assert body["success"] is True
    elif isinstance(body, str):
        assert answer.status_code == 400
        assert body.startswith("Bad request: ")
    else:
        assert body["success"] is False
        assert body["error"]["__type"]


@QUIET
@given(
    action=st.sampled_from(ACTIONS),
    parameters=st.lists(st.tuples(st.sampled_from(NAMES), WORDS), max_size=5),
)
def test_no_address_is_a_fault(
    asked: Asked, action: str, parameters: list[tuple[str, str]]
) -> None:
    check(asked, "GET", action, params=parameters)


@QUIET
@given(
    action=st.sampled_from(ACTIONS),
    body=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5),
)
def test_no_body_is_a_fault(asked: Asked, action: str, body: dict[str, Any]) -> None:
    """Any: JSON. NaN is no JSON: such a body cannot be read."""
    content = json.dumps(body).encode()
    check(asked, "POST", action, content=content, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("action", ["package_search", "datastore_search", "resource_search"])
@pytest.mark.parametrize(
    "text", ["a" * 9000, "[" * 3000, '"' * 3001, "a OR " * 1100 + "a", "(" * 4000, "a:" * 2000]
)
def test_no_long_text_is_a_fault(asked: Asked, action: str, text: str) -> None:
    body = dict.fromkeys(["q", "fq", "sort", "filters", "fields", "query", "facet.field"], text)
    known = {"resource_id": "fg_credit_evaluations"}
    for name in body:
        check(asked, "POST", action, json={name: body[name]} | known)


@QUIET
@given(content=st.binary(max_size=60), kind=st.sampled_from(["", "application/json", "text/x"]))
def test_no_bytes_are_a_fault(asked: Asked, content: bytes, kind: str) -> None:
    check(asked, "POST", "package_search", content=content, headers={"Content-Type": kind})
