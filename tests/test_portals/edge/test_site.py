"""Addresses, headers, limits and bodies, asked in process as any client could ask."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import httpx
import pytest

from tests.province import Province
from xihu_node.app import create_app
from xihu_platform.access.limits import Limits
from xihu_platform.settings import LimitSettings

EVIL = "evil.example"
ROWS = "/api/v1/datasets/sg_firms/rows"


def send(province: Province, method: str, path: str, **options: object) -> httpx.Response:
    async def once() -> httpx.Response:
        async with province.client() as client:
            return await client.request(method, path, **options)  # type: ignore[arg-type]

    return asyncio.run(once())


@pytest.mark.parametrize(
    "path", ["/my/data", "/official/", "/signin", "/datasets/sg_firms/", "/official", "/health/"]
)
def test_no_redirect_follows_the_host_header(province: Province, path: str) -> None:
    headers = {"Host": EVIL, "X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "https"}
    answer = send(province, "GET", path, headers=headers)
    assert EVIL not in answer.headers.get("location", "") + answer.text


def test_the_next_page_lies_at_the_configured_address(province: Province) -> None:
    answer = send(province, "GET", f"{ROWS}?limit=1", headers={"Host": EVIL})
    base = province.services.node.settings.base_url
    assert answer.json()["next"].startswith(f"{base}{ROWS}?")


def test_an_address_with_a_slash_too_many_leads_to_the_configured_one(province: Province) -> None:
    answer = send(province, "GET", "/search/?q=a", headers={"Host": EVIL})
    base = province.services.node.settings.base_url
    assert answer.status_code == 307
    assert answer.headers["location"] == f"{base}/search?q=a"


@pytest.mark.parametrize(
    ("path", "person", "cached"),
    [
        ("/api/v1/me", "wang", "no-store"),
        ("/api/v1/me/uses", "wang", "no-store"),
        ("/api/v1/me", "", "no-store"),
        ("/api/v1/audit/head", "wu", "no-store"),
        ("/api/v1/datasets/sg_firms", "sun", "no-store"),
        ("/api/v1/datasets/nothing", "sun", "no-store"),
        ("/api/v1/datasets?limit=1", "", "private, no-cache"),
        ("/api/v1/brain/metrics", "sun", "no-store"),
        ("/", "", "private, no-cache"),
        ("/official/", "", "no-store"),
    ],
)
def test_what_is_personal_is_kept_nowhere(
    province: Province, path: str, person: str, cached: str
) -> None:
    headers = {"Authorization": f"Bearer {province.token(person)}"} if person else {}
    answer = send(province, "GET", path, headers=headers)
    assert answer.headers["Cache-Control"] == cached
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"]
    assert "Cookie" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "path", ["/signout", "/preferences", "/oidc/backchannel", ROWS, "/mandate"]
)
def test_a_body_of_any_size_is_refused_before_it_is_read(province: Province, path: str) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(300):
            read += 1
            yield b"x" * (1 << 20)

    form = {"Content-Type": "multipart/form-data; boundary=x", "Accept-Language": "en"}
    answer = send(province, "POST", path, content=endless(), headers=form)
    assert answer.status_code in {413, 405, 303, 401, 429}  # 429 is refused unread, too
    assert answer.status_code in {413, 429} or path in {ROWS, "/mandate"}


def test_a_stated_length_that_is_too_large_is_believed(province: Province) -> None:
    headers = {
        "Content-Length": str(300 << 20),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    answer = send(province, "POST", "/oidc/backchannel", content=b"x", headers=headers)
    assert answer.status_code == 413


@pytest.fixture
def limited(province: Province) -> Iterator[Province]:
    """The same province with three of each a minute, counted anew for each test."""
    few = LimitSettings(signins=3, writes=3, uploads=3, streams=3, excel=1, refusals=3)
    gateway, before = province.services.gateway, province.services.gateway.limits
    gateway.limits = Limits(few)
    yield Province(replace(province.services))
    gateway.limits = before


@pytest.mark.parametrize(
    ("method", "path", "times"),
    [
        ("GET", "/signin", 3),
        ("POST", "/preferences", 3),
        ("POST", "/api/v1/ingest/sg_firms", 3),
        ("GET", "/api/v1/datasets/sg_firms/download.csv", 3),
    ],
)
def test_who_asks_too_often_is_told_when_to_come_back(
    limited: Province, method: str, path: str, times: int
) -> None:
    for _ in range(times):
        assert send(limited, method, path).status_code != 429
    answer = send(limited, method, path, headers={"Accept-Language": "en"})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert "try again in" in answer.text


def test_notices_of_the_issuer_are_not_counted(limited: Province) -> None:
    for _ in range(5):
        assert send(limited, "POST", "/oidc/backchannel").status_code == 400


def test_the_limit_is_the_callers_own(limited: Province) -> None:
    path = "/api/v1/datasets/sg_firms/download.xlsx"
    mine = {"Authorization": f"Bearer {limited.token('sun')}"}
    others = {"Authorization": f"Bearer {limited.token('chen')}"}
    assert send(limited, "GET", path, headers=mine).status_code != 429
    assert send(limited, "GET", path, headers=mine).status_code == 429
    assert send(limited, "GET", path, headers=others).status_code != 429


def test_an_address_is_believed_from_configured_proxies_alone(province: Province) -> None:
    node = province.services.node
    serve = node.settings.serve.model_copy(update={"proxies": ("127.0.0.1",)})
    settings = node.settings.model_copy(update={"serve": serve})
    behind = Province(replace(province.services, node=replace(node, settings=settings)))
    assert create_app(behind.services)
    gateway, before = province.services.gateway, province.services.gateway.limits
    gateway.limits = Limits(LimitSettings(signins=1))
    try:
        for served, statuses in ((province, [303, 429]), (behind, [303, 303])):
            found = [
                send(served, "GET", "/signin", headers={"X-Forwarded-For": f"192.0.2.{n}"})
                for n in (1, 2)
            ]
            assert [answer.status_code for answer in found] == statuses
    finally:
        gateway.limits = before


def test_no_link_of_a_page_leads_to_another_host(province: Province) -> None:
    base = province.services.node.settings.base_url
    answer = send(province, "GET", f"{base}//evil.example/x")
    assert answer.status_code == 404
    assert '"//evil.example' not in answer.text
    assert '"/evil.example/x?lang=en' in answer.text


@pytest.mark.parametrize("path", ["/.//evil.example", "//evil.example", "/%2e%2e//evil.example"])
def test_no_way_back_leads_to_another_host(province: Province, path: str) -> None:
    answer = send(province, "POST", "/preferences", data={"next": path, "theme": "dark"})
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/datasets/hb_air_quality_hourly?snapshot=0", 404),
        ("/metrics/pm25_mean/download.csv?level=foo", 422),
        ("/metrics/pm25_mean/download.csv?place=330106&place=330102", 422),
        ("/metrics/pm25_mean?from=%EF%BC%92%EF%BC%90%EF%BC%92%EF%BC%96", 422),
    ],
)
def test_what_an_address_says_wrongly_is_no_default(
    province: Province, path: str, status: int
) -> None:
    answer = send(province, "GET", path)
    assert answer.status_code == status
    assert answer.text.count("<h1") == 1
