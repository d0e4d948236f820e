"""A form sent after the session has ended says that nothing was taken, and leads back."""

import asyncio
import csv
import re
from html import unescape
from urllib.parse import unquote

import httpx
import pytest

from tests.province import Province
from tests.test_portals.api.callers import Call, Kind, session_of
from tests.test_portals.api.test_routes import FILE

LOAD = "/official/loads/0123"
SIGNED_IN = {
    "/my/subscriptions",
    "/my/subscriptions/channels",
    "/my/subscriptions/new",
    "/my/subscriptions/{name}",
    "/official/subscriptions",
    "/official/subscriptions/new",
    "/official/subscriptions/{name}",
    "/mandate",
    "/official/positions",
    "/official/exchanges/{number}",
    "/official/harvest/entries/{entry}",
    "/official/loads/{load}/corrections",
    "/official/audit/verify",
    "/my/matters/{matter}",
    "/services/{item}/apply",
    "/my/cases/{matter}",
    "/my/cases/{matter}/form",
    "/my/cases/{matter}/papers",
    "/my/cases/{matter}/papers/{paper}",
    "/official/cases/{matter}",
    "/official/cases/{matter}/check",
    "/my/matters/{matter}/attachments",
    "/my/matters/{matter}/rating",
    "/my/appointments/{booking}/cancel",
    "/my/licences/{licence}",
    "/my/mandates",
    "/official/mandates/new",
    "/my/appointments/new/{counter}",
    "/official/appointments/{booking}",
    "/official/matters/{matter}/attachments",
    "/my/matters/new/{kind}",
    "/official/matters/new/{kind}",
    "/official/matters/{matter}",
    "/official/matters/{matter}/dispute",
    "/official/notices",
    "/official/drafts",
    "/official/datasets/{dataset}/request",
    "/official/grounds/new",
    "/official/datasets/{dataset}/correction",
    "/my/data/{dataset}/correction",
}
"""The forms of both portals that need a session."""


def post(
    province: Province, path: str, kind: Kind, referer: str = "", language: str = "zh"
) -> httpx.Response:
    call = Call("POST", path, "", "li" if kind == "citizen" else "sun")
    cookie, csrf = session_of(province, kind, call)
    name = province.services.identity.clients[call.portal].portal.cookie
    headers = {"Accept-Language": language} | ({"Referer": referer} if referer else {})
    headers |= {"Cookie": f"{name}={cookie}"} if cookie else {}

    async def once() -> httpx.Response:
        async with province.client() as client:
            data = {"csrf": csrf, "position": "sun-rs", "next": "/"}
            files = {"file": ("改好.csv", b"a\n", "text/csv")}
            upload = files if path.endswith(("/corrections", "/attachments")) else None
            return await client.post(path, headers=headers, data=data, files=upload)

    return asyncio.run(once())


def words(answer: httpx.Response) -> str:
    return unescape(re.sub(r"<[^>]+>", "", answer.text))


def way_on(answer: httpx.Response) -> str:
    actions = answer.text.partition('<div class="actions">')[2]
    return unquote(unescape(re.findall(r'href="([^"]+)"', actions)[0]))


def test_these_are_all_the_forms_that_need_a_session() -> None:
    with FILE.open(encoding="utf-8", newline="") as lines:
        rows = [r for r in csv.DictReader(lines) if r["method"] == "POST" and not r["skipped"]]
    pages = {r["path"] for r in rows if not r["path"].startswith(("/api/", "/oidc/"))}
    public = {"/preferences", "/feedback", "/verify", "/verify/{token}"}
    public.add("/subscriptions/end/{token}")
    assert pages - public - {"/signout", "/official/signout"} == SIGNED_IN


@pytest.mark.parametrize("kind", ["no_token", "expired", "wrong_audience"])
def test_a_file_is_not_lost_in_silence(province: Province, kind: Kind) -> None:
    answer = post(province, f"{LOAD}/corrections", kind)
    assert answer.status_code == 401
    assert "登录已过期，文件没有提交" in words(answer)
    assert way_on(answer) == f"/official/signin?next={LOAD}"
    english = post(province, f"{LOAD}/corrections", kind, language="en")
    assert "Your sign-in has expired, so your file was not submitted" in words(english)


@pytest.mark.parametrize(
    ("path", "referer", "back"),
    [
        ("/mandate", "", "/signin?next=/my/data"),
        ("/mandate", "/my/uses?who=all", "/signin?next=/my/uses?who=all"),
        ("/official/positions", "", "/official/signin?next=/official/positions"),
        (
            "/official/positions",
            "/official/positions?next=/official/catalogue",
            "/official/signin?next=/official/positions?next=/official/catalogue",
        ),
        (f"{LOAD}/corrections", f"{LOAD}/corrections", f"/official/signin?next={LOAD}"),
    ],
)
def test_every_form_leads_back_to_its_page(
    province: Province, path: str, referer: str, back: str
) -> None:
    answer = post(province, path, "expired", f"http://127.0.0.1:8000{referer}" if referer else "")
    assert answer.status_code == 401
    assert "登录已过期" in words(answer)
    assert way_on(answer) == back


@pytest.mark.parametrize("referer", ["https://evil.example/my/uses", "http://127.0.0.1:8000//evil"])
def test_a_page_of_another_site_is_not_gone_back_to(province: Province, referer: str) -> None:
    assert way_on(post(province, "/mandate", "expired", referer)) in {
        "/signin?next=/my/data",
        "/signin?next=/",
    }


def test_without_a_position_a_file_is_not_lost_in_silence_either(province: Province) -> None:
    answer = post(province, f"{LOAD}/corrections", "citizen")
    assert answer.status_code == 409
    assert "还没有选择岗位，文件没有提交" in words(answer)
    assert way_on(answer) == f"/official/positions?next={LOAD}"
