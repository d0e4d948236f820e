"""datastore_search: rows through the gateway, totals by an independent count, nothing cut."""

import csv
import io
from typing import Any

import pytest

from tests.province import Province
from tests.test_portals.api.ckan.asking import ask, post, send
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery

FIRMS, HOURLY = "fg_credit_evaluations", "hb_air_quality_hourly"


def csv_of(province: Province, dataset: str) -> str:
    package = ask(province, "package_show", id=dataset)
    (found,) = (one["id"] for one in package["resources"] if one["datastore_active"])
    return str(found)


def rows_of(province: Province, dataset: str) -> list[dict[str, Any]]:
    """All rows as the gateway streams them to the public. Any: values of cells."""
    stream = province.services.gateway.open_stream(
        province.anonymous, dataset, Purpose("open"), RowQuery(), exit_name="arrow"
    )
    rows = [row for batch in stream.batches for row in batch.to_pylist()]
    stream.source.close()
    return rows


@pytest.mark.parametrize("limit", [1, 999, 1000, 1001, 100_000])
def test_the_total_and_the_rows_are_exact(province: Province, limit: int) -> None:
    expected = rows_of(province, HOURLY)
    assert len(expected) > 32_000  # where CKAN cuts
    found = ask(province, "datastore_search", resource_id=csv_of(province, HOURLY), limit=limit)
    assert found["total"] == len(expected)
    assert found["limit"] == limit
    assert len(found["records"]) == min(limit, len(expected))
    assert [one["id"] for one in found["fields"]] == list(expected[0])
    texts = [[str(value).replace(" ", "T") for value in row.values()] for row in expected[:limit]]
    shown = [[str(value) for value in row.values()] for row in found["records"]]
    assert [row[:3] for row in shown] == [row[:3] for row in texts]


def test_a_page_far_behind_is_that_of_the_whole(province: Province) -> None:
    expected = rows_of(province, HOURLY)
    found = ask(province, "datastore_search", resource_id=HOURLY, limit=3, offset=50_000)
    shown = [[str(value) for value in row.values()][:3] for row in found["records"]]
    texts = [
        [str(v).replace(" ", "T") for v in row.values()][:3] for row in expected[50_000:50_003]
    ]
    assert (shown, found["total"]) == (texts, len(expected))


def test_pages_by_offset_are_the_whole(province: Province) -> None:
    resource = csv_of(province, FIRMS)
    whole = ask(province, "datastore_search", resource_id=resource, limit=5000)["records"]
    pages: list[Any] = []
    for offset in range(0, len(whole) + 100, 100):
        pages += ask(province, "datastore_search", resource_id=resource, offset=offset)["records"]
    assert pages == whole
    behind = ask(province, "datastore_search", resource_id=resource, offset=1_000_000)
    assert (behind["records"], behind["total"]) == ([], len(whole))


def test_filters_words_and_distinct_rows(province: Province) -> None:
    resource, rows = csv_of(province, FIRMS), rows_of(province, FIRMS)

    def total(**parameters: object) -> int:
        found = ask(province, "datastore_search", resource_id=resource, limit=10_000, **parameters)
        assert len(found["records"]) == found["total"]
        return int(found["total"])

    assert total(filters='{"level": "A"}') == sum(row["level"] == "A" for row in rows)
    several = sum(row["level"] in {"A", "B"} for row in rows)
    assert total(filters='{"level": ["A", "B"]}') == several
    high = sum(row["score"] >= 800 for row in rows)
    assert 0 < high < len(rows)
    assert total(filters='{"score": {"gte": 800}}') == high
    wanted = [row for row in rows if any("杭州" in str(value) for value in row.values())]
    assert 0 < len(wanted) < len(rows)
    assert total(q="杭州") == total(q='{"firm_name": "杭州"}') == len(wanted)
    assert total(q="杭州", fields="uscc") == len(wanted)
    pairs = {(row["level"], row["county_code"]) for row in rows}
    assert total(fields="level,county_code", distinct="true") == len(pairs)
    page = ask(province, "datastore_search", resource_id=resource, q="杭州", limit=2, offset=1)
    assert page["total"] == len(wanted)
    assert [one["uscc"] for one in page["records"]] == [row["uscc"] for row in wanted[1:3]]


@pytest.mark.parametrize("limit", [20, 2000])
def test_the_same_rows_in_every_format(province: Province, limit: int) -> None:
    def records(form: str) -> Any:  # Any: JSON
        found = ask(
            province,
            "datastore_search",
            resource_id=csv_of(province, FIRMS),
            limit=limit,
            records_format=form,
            sort="score desc, uscc asc",
        )
        return found["records"]

    objects = records("objects")
    lists = [list(one.values()) for one in objects]
    assert records("lists") == lists
    assert [one["score"] for one in objects] == sorted((o["score"] for o in objects), reverse=True)
    for form, delimiter in (("csv", ","), ("tsv", "\t")):
        read = list(csv.reader(io.StringIO(records(form)), delimiter=delimiter))
        assert [row[0] for row in read] == [row[0] for row in lists]
        assert [float(row[4]) for row in read] == [row[4] for row in lists]


def test_what_is_closed_is_refused(province: Province) -> None:
    for limit in (10, 5000):
        answer = send(province, "datastore_search", resource_id="ga_residents", limit=limit)
        assert answer.status_code == 403
        assert answer.json()["error"]["__type"] == "Authorization Error"


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({}, 409),
        ({"resource_id": "nothing"}, 404),
        ({"resource_id": FIRMS, "limit": "x"}, 409),
        ({"resource_id": FIRMS, "limit": "-1"}, 409),
        ({"resource_id": FIRMS, "limit": "9" * 40}, 409),
        ({"resource_id": FIRMS, "fields": "nothing"}, 409),
        ({"resource_id": FIRMS, "fields": "nothing", "q": "a"}, 409),
        ({"resource_id": FIRMS, "filters": "{"}, 409),
        ({"resource_id": FIRMS, "filters": '{"level": {"is": 1}}'}, 409),
        ({"resource_id": FIRMS, "filters": '{"nothing": 1}'}, 409),
        ({"resource_id": FIRMS, "sort": "score sideways"}, 409),
        ({"resource_id": FIRMS, "records_format": "xml"}, 409),
        ({"resource_id": FIRMS, "purpose": "mine"}, 409),
    ],
)
def test_what_is_wrong_is_said(province: Province, parameters: dict[str, str], status: int) -> None:
    answer = send(province, "datastore_search", **parameters)
    assert answer.status_code == status, answer.text
    kinds = {404: "Not Found Error", 409: "Validation Error"}
    assert answer.json()["error"]["__type"] == kinds[status]


def test_the_columns_are_described(province: Province) -> None:
    found = ask(province, "datastore_info", id=csv_of(province, FIRMS))
    assert found["meta"]["count"] == len(rows_of(province, FIRMS))
    types = {one["id"]: one["type"] for one in found["fields"]}
    assert types["score"] == "numeric"
    assert types["evaluated_on"] == "date"
    searched = ask(province, "datastore_search", resource_id=FIRMS, limit=0)
    assert {one["id"]: one["type"] for one in searched["fields"]} == types
    assert searched["records"] == []


def test_sql_is_not_there_yet(province: Province) -> None:
    answer = send(province, "datastore_search_sql", sql="SELECT 1")
    assert answer.status_code == 501
    assert "not available yet" in answer.json()["error"]["message"]


def test_a_body_is_json_or_a_form(province: Province) -> None:
    path = "/api/action/datastore_search"
    asked = {"resource_id": FIRMS, "limit": 3, "filters": {"level": ["A"]}}
    first = post(province, path, json=asked).json()["result"]["records"]
    assert len(first) == 3
    form = {"resource_id": FIRMS, "limit": "3", "filters": '{"level": ["A"]}'}
    assert post(province, path, data=form).json()["result"]["records"] == first
    files = {name: (None, value) for name, value in form.items()}
    assert post(province, path, files=files).json()["result"]["records"] == first
    for content in (b"{", b"[1]", b'"a"', b"\xff", b"[" * 5000):
        answer = post(province, path, content=content)
        assert answer.status_code == 400
        assert answer.json().startswith("Bad request: JSON Error")


@pytest.mark.parametrize("header", ["Authorization", "X-CKAN-API-Key"])
def test_a_token_comes_alone_as_from_ckans_clients(province: Province, header: str) -> None:
    path = "/api/3/action/package_list"
    known = post(province, path, headers={header: province.token("sun")})
    assert known.status_code == 200
    wrong = post(province, path, headers={header: "no.token.at-all"})
    assert wrong.status_code == 403
    assert wrong.json()["error"]["__type"] == "Authorization Error"
    other = post(province, "/api/v1/verifications", headers={"Authorization": "no.token.at-all"})
    assert other.status_code == 401
