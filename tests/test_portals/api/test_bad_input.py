"""Bad input never fails the program: it says what is wrong in the caller's language, no more."""

import asyncio
import re

import httpx
import pytest

from tests.province import Province

HUGE = "9" * 40
LONG = "x" * 10_000
D = "/api/v1/datasets"
FIRMS, SCHOOLS, BUSES = f"{D}/sg_firms", f"{D}/jy_schools", f"{D}/jt_bus_flow"
METRIC = "/api/v1/brain/metrics/new_firms/query"
STACK = ("Traceback", 'File "', ".py", "site-packages", "duckdb", "sqlite", "sqlalchemy", "SELECT ")

WRONG: tuple[tuple[str, int], ...] = (
    (f"{METRIC}?from=9999-12-31&to=0001-01-01", 422),
    # more values than an answer holds
    (
        "/api/v1/brain/metrics/industrial_output/query?grain=month&level=county&by=industry_code",
        422,
    ),
    # numbers and days that are written in another way
    (f"{METRIC}?from=1764201600", 422),
    (f"{METRIC}?from=2026-11-01T00:00:00", 422),
    (f"{METRIC}?latest=1.0", 422),
    (f"{FIRMS}/rows?limit=1_0", 422),
    (f"{FIRMS}/rows?limit=5.0", 422),
    (f"{FIRMS}/rows?limit=%EF%BC%95", 422),  # a full-width five
    # names that are not there
    (f"{D}/nothing", 404),
    (f"{D}/nothing/rows", 404),
    (f"{D}/nothing/contract", 404),
    (f"{D}/nothing/download.csv", 404),
    (f"{D}/sg_firms%00/rows", 404),
    (f"{D}/..%2f..%2fetc%2fpasswd/rows", 404),
    (f"{D}/%2e%2e/contract", 404),
    (f"{D}/{LONG}", 404),
    (f"{D}/SG_FIRMS/rows", 404),
    ("/api/v1/nothing", 404),
    (f"{FIRMS}/download.exe", 422),
    (f"{FIRMS}/download.", 404),
    # fields
    (f"{FIRMS}/rows?fields=nothing", 422),
    (f"{FIRMS}/rows?fields={LONG}", 422),
    (f"{FIRMS}/rows?fields=_record", 422),
    (f"{FIRMS}/rows?fields=_subject", 422),
    (f"{FIRMS}/rows?fields=*", 422),
    (f"{FIRMS}/rows?fields=NAME", 422),
    (f"{FIRMS}/download.parquet?fields=nothing", 422),
    # filters
    (f"{FIRMS}/rows?filter=name", 422),
    (f"{FIRMS}/rows?filter=name:is:a", 422),
    (f"{FIRMS}/rows?filter=:eq:a", 422),
    (f"{FIRMS}/rows?filter=_record:eq:1", 422),
    (f'{FIRMS}/rows?filter=name" OR 1=1 --:eq:1', 422),
    (f"{FIRMS}/rows?filter=1;DROP TABLE data:eq:1", 422),
    (f"{FIRMS}/rows?filter=name:eq:%00", 422),
    (f"{FIRMS}/rows?filter=name:contains:a%00b", 422),
    (f"{FIRMS}/rows?filter=%00:eq:1", 422),
    (f"{FIRMS}/rows?filter=%ed%a0%80:eq:1", 422),
    (f"{SCHOOLS}/rows?filter=places:eq:many", 422),
    (f"{SCHOOLS}/rows?filter=places:gt:1.5", 422),
    (f"{SCHOOLS}/rows?filter=places:gt:{HUGE}", 422),
    (f"{SCHOOLS}/rows?filter=places:gt:{'9' * 10_000}", 422),
    (f"{SCHOOLS}/rows?filter=places:in:1,,2", 422),
    (f"{SCHOOLS}/rows?filter=places:in:{','.join(map(str, range(300)))}", 422),
    (f"{FIRMS}/rows?filter=registered_capital_cny:gt:NaN", 422),
    (f"{FIRMS}/rows?filter=registered_capital_cny:gt:Infinity", 422),
    (f"{FIRMS}/rows?filter=registered_capital_cny:gt:12,5", 422),
    (f"{SCHOOLS}/rows?filter=founded_on:gt:yesterday", 422),
    (f"{SCHOOLS}/rows?filter=founded_on:gt:99999-01-01", 422),
    (f"{SCHOOLS}/rows?filter=founded_on:gt:2024-02-30", 422),
    (f"{BUSES}/rows?filter=hour_at:gt:25:00", 422),
    (f"{FIRMS}/rows?" + "&".join(["filter=name:ne:a"] * 60), 422),
    # sorts, pages, snapshots
    (f"{FIRMS}/rows?sort=", 422),
    (f"{FIRMS}/rows?sort=-", 422),
    (f"{FIRMS}/rows?sort=--name", 422),
    (f"{FIRMS}/rows?filter=name:eq:", 422),
    (f"{FIRMS}/rows?filter=registered_capital_cny:gt:1e999999", 422),
    (f"{FIRMS}/rows?filter=registered_capital_cny:gt:1e-999999", 422),
    (f"{BUSES}/rows?filter=hour_at:lt:0001-01-01T00:00:00%2B14:00&limit=1", 422),
    (f"{FIRMS}/rows?filter=registered_capital_cny:gt:{'9' * 10_000}", 422),
    (f"{FIRMS}/rows?sort=name DESC", 422),
    (f"{FIRMS}/rows?" + "&".join(["sort=name"] * 60), 422),
    (f"{FIRMS}/rows?limit=0", 422),
    (f"{FIRMS}/rows?limit=-1", 422),
    (f"{FIRMS}/rows?limit=1001", 422),
    (f"{FIRMS}/rows?limit=1e3", 422),
    (f"{FIRMS}/rows?limit={HUGE}", 422),
    (f"{FIRMS}/rows?cursor=zz", 422),
    (f"{FIRMS}/rows?cursor=00", 422),
    (f"{FIRMS}/rows?cursor={'ab' * 60}", 422),
    (f"{FIRMS}/rows?cursor={LONG}", 422),
    (f"{FIRMS}/rows?cursor=%e4%b8%80", 422),
    (f"{FIRMS}/rows?snapshot=5", 404),
    (f"{FIRMS}/rows?snapshot={HUGE}", 404),
    (f"{FIRMS}/rows?snapshot=0", 422),
    (f"{FIRMS}/rows?snapshot=-1", 422),
    (f"{FIRMS}/rows?snapshot=newest", 422),
    (f"{FIRMS}/rows?snapshot={'9' * 5000}", 422),
    (f"{FIRMS}/download.arrow?snapshot=5", 404),
    # purposes
    (f"{FIRMS}/rows?purpose=curiosity", 422),
    (f"{FIRMS}/rows?purpose=case&case={LONG}", 422),
    (f"{FIRMS}/rows?purpose=case&case=a%00b", 422),
    (f"{FIRMS}/rows?purpose=case&case=a%0d%0ab", 422),
    (f"{FIRMS}/rows?why=%1b[2J", 422),
    (f"{FIRMS}/rows?why=%e3%85%a4", 422),
    (f"{FIRMS}/rows?purpose=case&case=a%e2%a0%80b", 422),
    (f"{FIRMS}/rows?why={LONG}", 422),
    # search and metrics
    (f"{D}?q={LONG}", 422),
    (f"{D}?offset=-1", 422),
    (f"{D}?offset={HUGE}", 422),
    (f"{D}?limit=101", 422),
    ("/api/v1/brain/metrics/nothing", 404),
    ("/api/v1/brain/metrics/nothing/query", 404),
    (f"/api/v1/brain/metrics/{LONG}", 404),
    (f"{METRIC}?parent=zz", 422),
    (f"{METRIC}?parent=%00", 422),
    (f"{METRIC}?parent=' OR 1=1 --", 422),
    (f"{METRIC}?by=nothing", 422),
    (f'{METRIC}?by=name" --', 422),
    (f"{METRIC}?by=legal_representative", 422),
    (f"{METRIC}?filter=a", 422),
    (f"{METRIC}?filter=nothing:b", 422),
    (f"{METRIC}?grain=second", 422),
    (f"{METRIC}?level=town", 422),
    (f"{METRIC}?from=soon", 422),
    (f"{METRIC}?latest=0", 422),
    (f"{METRIC}?latest={HUGE}", 422),
    (f"{METRIC}?compare=perhaps", 422),
    (f"{METRIC}?snapshot={HUGE}", 404),
    (f"{METRIC}?filter=industry_section:%00", 422),
    (f"{METRIC}?filter=industry_section:{LONG}", 422),
)
ODD: tuple[str, ...] = (
    # odd, and right all the same: an answer, empty or not
    f"{FIRMS}/rows?fields=name,name&limit=1",
    f"{FIRMS}/rows?fields=,name,&limit=1",
    f"{FIRMS}/rows?sort=name&sort=-name&limit=1",
    f"{FIRMS}/rows?filter=name:eq:' OR 1=1 --",
    f"{FIRMS}/rows?filter=name:eq:{LONG}",
    f"{FIRMS}/rows?filter=name:contains:%25",
    f"{FIRMS}/rows?filter=name:eq:%ff%fe",
    f"{FIRMS}/rows?filter=registered_capital_cny:in:1e30,1",
    f"{SCHOOLS}/rows?filter=places:gt:{2**62}",
    f"{SCHOOLS}/rows?filter=founded_on:gt:0001-01-01&limit=1",
    f"{FIRMS}/download.csv?fields=name,name&filter=uscc:eq:1",
    f"{FIRMS}/download.xlsx?filter=uscc:eq:1",
    f"{FIRMS}/download.parquet?filter=uscc:eq:1",
    f"{D}?q=%00",
    f'{D}?q="(*~[]{{}} AND OR NOT \\',
    f"{D}?facet=topic:&facet=topic:%00",
    f"{METRIC}?from=0001-01-01&to=9999-12-31&compare=true",
)


def get(
    province: Province, address: str, *, person: str = "", position: str = "", **headers: str
) -> httpx.Response:
    """The address goes out as it stands: no parameter is encoded for the caller."""
    if position:
        headers["X_Xihu_Position"] = position

    async def once() -> httpx.Response:
        token = province.token(person) if person else None
        async with province.client(token, **headers) as client:
            return await client.get(address)

    return asyncio.run(once())


def check_message(answer: httpx.Response) -> str:
    body = answer.json()
    assert set(body) <= {"error", "detail", "reason"}
    assert len(answer.content) < 3000
    assert not [word for word in STACK if word in answer.text]
    assert body["detail"]
    return str(body["detail"])


@pytest.mark.parametrize(("address", "status"), WRONG, ids=lambda value: str(value)[:70])
def test_what_is_wrong_is_said_in_both_languages(
    province: Province, address: str, status: int
) -> None:
    chinese = get(province, address)
    english = get(province, address, Accept_Language="en-GB,en;q=0.9")
    assert (chinese.status_code, english.status_code) == (status, status), chinese.text
    assert re.search("[\u4e00-\u9fff]", check_message(chinese))
    # Codes and the caller's own words may be of any script; our own words are English.
    ours = re.sub("“.*?”", "", check_message(english))
    assert not re.search("[\u4e00-\u9fff]", ours)


@pytest.mark.parametrize("address", ODD, ids=lambda value: str(value)[:70])
def test_what_is_odd_is_answered(province: Province, address: str) -> None:
    assert get(province, address).status_code == 200


def test_a_field_asked_for_twice_comes_once(province: Province) -> None:
    (row,) = get(province, f"{FIRMS}/rows?fields=name,uscc,name&limit=1").json()["rows"]
    assert list(row) == ["name", "uscc"]


@pytest.mark.parametrize(
    ("person", "position", "address", "status"),
    [
        ("wang", "", f"/api/v1/me/uses?before={HUGE}", 200),
        ("wang", "", "/api/v1/me/uses?before=-1", 422),
        ("wang", "", "/api/v1/me/uses?limit=0", 422),
        ("wang", "", f"/api/v1/me/uses/{HUGE}/proof", 404),
        ("wang", "", "/api/v1/me/uses/-1/proof", 404),
        ("wang", "", "/api/v1/me/uses/x/proof", 422),
        ("wu", "wu-sh", f"/api/v1/audit/entries/{HUGE}/proof", 404),
        ("wu", "wu-sh", "/api/v1/audit/entries/-1/proof", 404),
        ("wu", "wu-sh", f"/api/v1/audit/entries/{2**63 - 1}/proof", 404),
        ("chen", "chen-xihu", f"{FIRMS}/rows?purpose=case&case=%20%e3%80%80", 403),
        ("chen", "sun-rs", "/api/v1/me", 404),
        ("chen", "' OR 1=1 --", "/api/v1/me", 404),
        ("wang", "chen-yb", "/api/v1/me", 404),
    ],
)
def test_numbers_and_positions_that_are_nobodys_are_refused_plainly(
    province: Province, person: str, position: str, address: str, status: int
) -> None:
    answer = get(province, address, person=person, position=position)
    assert answer.status_code == status, answer.text
    if status != 200:
        check_message(answer)


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Basic d2FuZzp3YW5n", "Bearer x", f"Bearer {LONG}", "Bearer a.b.c"],
)
def test_a_header_that_is_no_token_is_refused(province: Province, authorization: str) -> None:
    answer = get(province, "/api/v1/datasets", Authorization=authorization)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    check_message(answer)


def test_a_cursor_holds_for_its_own_query_and_reader_only(province: Province) -> None:
    def first(address: str, **who: str) -> str:
        return str(get(province, address, **who).json()["next"]).partition("cursor=")[2]

    mine = first(f"{FIRMS}/rows?limit=2&sort=name")
    assert get(province, f"{FIRMS}/rows?limit=2&sort=name&cursor={mine}").status_code == 200
    for address in (
        f"{FIRMS}/rows?limit=2&cursor={mine}",
        f"{FIRMS}/rows?limit=2&sort=-name&cursor={mine}",
        f"{FIRMS}/rows?limit=2&sort=name&filter=name:ne:a&cursor={mine}",
        f"{SCHOOLS}/rows?limit=2&sort=name&cursor={mine}",
        f"{FIRMS}/rows?limit=2&sort=name&cursor={mine[:-2]}",
        f"{FIRMS}/rows?limit=2&sort=name&cursor={'00' + mine[2:]}",
    ):
        assert get(province, address).status_code == 422, address
    theirs = get(
        province, f"{FIRMS}/rows?limit=2&sort=name&cursor={mine}", person="chen", position="chen-yb"
    )
    assert theirs.status_code == 422
