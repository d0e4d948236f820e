"""HEAD answers as GET does, without a body, and no read is recorded of what was not sent."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.province import Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.api.test_every_read_is_logged import YIELDS
from tests.test_portals.api.test_routes import CALLED, places
from xihu_platform.audit.log import log_size
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_portals.edge.head import not_by_head

__all__ = ["places"]  # a fixture
GETS = [row for row in CALLED if row["method"].startswith("GET")]
ANSWERED = [row for row in GETS if not not_by_head(row["path"])]
SIGNING = [row for row in GETS if not_by_head(row["path"])]


ONLY_DATA = {path for path in YIELDS if path.endswith(("/rows", "/query", ".{form}", ".json"))}
"""Routes whose answer, where it is one, is data: its length would tell of it."""


LOOKS = {row["path"]: "look" for row in GETS if "/audit" in row["path"]}
"""A look at the log is an entry, so that without a body nothing of it is told."""
LOOKS |= {row["path"]: "credential" for row in GETS if row["path"].startswith("/my/licences")}
LOOKS |= {"/api/v1/catalogue-report": "look", "/official/catalogue-report/report.jsonl": "look"}


def name_of(row: dict[str, str]) -> str:
    return f"{row['path']} {row['right']}"


def call(row: dict[str, str], places: dict[str, str], method: str) -> Call:
    address = row["example"]
    for name, value in places.items():
        address = address.replace(f"{{{name}}}", value)
    return Call(method, address, "", row["right"])


def size(province: Province) -> int:
    with transaction(province.services.node.database) as session:
        return log_size(session)


def kinds_since(province: Province, seq: int) -> set[str]:
    with transaction(province.services.node.database) as session:
        return set(session.scalars(select(AuditEntry.kind).where(AuditEntry.seq >= seq)))


@pytest.mark.parametrize("who", ["right", "no_token"])
@pytest.mark.parametrize("row", ANSWERED, ids=name_of)
def test_every_route_of_get_answers_head_alike_and_records_no_read(
    province: Province,
    places: dict[str, str],
    row: dict[str, str],
    who: Any,  # a kind of caller
) -> None:
    before = size(province)
    head = send(province, call(row, places, "HEAD"), who)
    # The outcome of an earlier test's download may come late, and the number of a minute's
    # refusals: they follow an entry of their own.
    assert kinds_since(province, before) <= {"refusal", "refusals", "outcome"}
    get = send(province, call(row, places, "GET"), who)
    assert head.status_code == get.status_code, head.headers
    assert head.content == b""
    assert head.headers.get("location") == get.headers.get("location")
    if head.status_code == 200 and row["path"] in ONLY_DATA:
        assert not {"content-length", "etag", "x-xihu-audit-entry"} & head.headers.keys()
    elif row["path"] not in YIELDS | LOOKS:
        assert head.headers.get("content-type") == get.headers.get("content-type")
        assert ("content-length" in head.headers) == ("content-length" in get.headers)


@pytest.mark.parametrize("row", SIGNING, ids=name_of)
def test_what_signs_in_or_out_is_not_done_by_head(
    province: Province, places: dict[str, str], row: dict[str, str]
) -> None:
    answer = send(province, call(row, places, "HEAD"), "no_token")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert "HEAD" not in answer.headers["Allow"]


def test_head_of_what_only_takes_in_is_refused_with_the_method(province: Province) -> None:
    answer = send(province, Call("HEAD", "/preferences", "", "sun"), "no_token")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


def test_what_a_route_allows_says_head_beside_get(province: Province) -> None:
    answer = send(province, Call("DELETE", "/health", "", "sun"), "no_token")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_a_read_refused_is_recorded_by_head_too(province: Province) -> None:
    before = size(province)
    address = "/api/v1/datasets/ga_residents/rows?purpose=duty"
    answer = send(province, Call("HEAD", address, "", "chen"), "right")
    assert answer.status_code == 403
    assert kinds_since(province, before) == {"refusal"}


def test_after_a_head_a_read_of_the_same_is_recorded_and_sent(province: Province) -> None:
    address = "/api/v1/datasets/sg_firms/rows?limit=1&purpose=open"
    assert send(province, Call("HEAD", address, "", "sun"), "no_token").status_code == 200
    before = size(province)
    answer = send(province, Call("GET", address, "", "sun"), "no_token")
    assert len(answer.json()["rows"]) == 1
    assert size(province) == before + 1


@pytest.mark.parametrize(
    "address", ["/datasets/signin", "/datasets/callback", "/api/v1/datasets/signin"]
)
def test_a_dataset_named_like_a_sign_in_is_no_sign_in(province: Province, address: str) -> None:
    head = send(province, Call("HEAD", address, "", "sun"), "no_token")
    get = send(province, Call("GET", address, "", "sun"), "no_token")
    assert head.status_code == get.status_code == 404
