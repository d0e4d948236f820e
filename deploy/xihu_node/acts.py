"""Plays the acts of the demo's cast: a child process, once somebody has had the first answer.

The child opens services of its own and asks its own application in process, so that each act goes
through sign-in, gateway and log as anybody's would, and the serving process stays as large as it
was. It ends after `LIMIT_S` with what it has played until then.
"""

import asyncio
import csv
import io
import logging
import multiprocessing
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

import httpx

from xihu_catalog.registry.acts import begin_act, end_play, is_untouched, progress_of
from xihu_node.app import create_app
from xihu_node.lives import Lives
from xihu_node.services import open_services
from xihu_pipelines.demo.acts import Act, load_acts
from xihu_pipelines.start import open_registry
from xihu_platform.audit.checks import list_checks
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import PlatformError, TerminalError
from xihu_platform.identity.client_secrets import development_secret
from xihu_platform.identity.portal import issuer_of
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node
from xihu_platform.telemetry.logs import facts, failure_facts, start_logging
from xihu_portals.services import Services

log = logging.getLogger("xihu.acts")
LIMIT_S = 45.0
"""All acts together, from the first answer on."""
_MEMORY = "96MB"
"""Of the engine: what the widest count of the demo's pages needs, and as much again."""
_PAUSE_S = 0.5
_POLLS = 20
"""Times that a verification is looked for, `_PAUSE_S` apart."""
_CORRECTED = 20
"""Records that one correction puts right at most."""
_ABOUT = "约"
_SMALL = {"/official/": "/official/positions", "/": "/verify"}
"""By the portal's door, a page of few parts: where the cast needs a page's form and nothing else.
Neither asks for a figure, nor for the search index, which alone is 70 MB."""


@contextmanager
def playing(node: Node, acts: list[Act]) -> Iterator[None]:
    """Play in a child while the body serves; the child ends with it. Nothing without acts."""
    if not acts:
        yield
        return
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(node, ended), name="acts", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _watch(node: Node, ended: threading.Event) -> None:
    """Starts the child at the first entry of the log, which is that of the first answer."""
    while not _answered(node):
        if ended.wait(_PAUSE_S):
            return
    spawn = multiprocessing.get_context("spawn")
    child = spawn.Process(target=_play_alone, args=(node.settings,), name="xihu-acts", daemon=True)
    child.start()
    stopped_at = time.monotonic() + LIMIT_S
    while child.is_alive() and not ended.wait(_PAUSE_S) and time.monotonic() < stopped_at:
        child.join(0)
    if ended.is_set():
        child.terminate()  # the next start goes on from here
        child.join()
        return
    child.join(_PAUSE_S)
    child.kill()
    child.join()
    if child.exitcode != 0:
        log.error("the demo's acts ended early", extra=facts(exit=child.exitcode))
    end_play(node.database, node.clock)


def _answered(node: Node) -> bool:
    with transaction(node.database) as session:
        return not is_untouched(session)


def child_settings(settings: Settings) -> Settings:
    """Those of the child: a small engine with one thread, so that whoever looks at the demo
    meanwhile has the other core, and the memory."""
    small = {"threads": 1, "memory_limit": _MEMORY}
    return settings.model_copy(update={"lake": settings.lake.model_copy(update=small)})


def _play_alone(settings: Settings) -> None:
    settings = child_settings(settings)
    start_logging(settings.telemetry, level=logging.WARNING)
    open_registry(settings)
    services = open_services(open_node(settings))
    try:
        asyncio.run(play(services, load_acts()))
    finally:
        services.close()


async def play(services: Services, acts: list[Act]) -> list[int]:
    """Play what is not played yet; the statuses of the answers, in order."""
    node = services.node
    with transaction(node.database) as session:
        done = progress_of(session)
    first = done.played if done else 0
    cast, lives = Cast(services), Lives(services)
    statuses = []
    for number, act in enumerate(acts[first:], first + 1):
        await asyncio.to_thread(begin_act, node.database, number)
        if act.life is not None:
            status = await asyncio.to_thread(_live, lives, act.life)
        else:
            status = await cast.play(act)
        statuses.append(status)
        if status != act.expect:
            said = facts(act=number, status=status, expected=act.expect)
            log.warning("an act of the demo was answered otherwise", extra=said)
    await asyncio.to_thread(lives.write_down)
    await cast.leave()
    await services.identity.http.aclose()
    await asyncio.to_thread(end_play, node.database, node.clock)
    return statuses


def _live(lives: Lives, name: str) -> int:
    """200 where it ended as it should; 500, with the fault in the log, where it did not: what
    follows is played all the same."""
    try:
        return 200 if lives.ends(name) == lives.play(name) else 500
    except PlatformError as fault:
        log.warning("a life of the demo broke off", extra=failure_facts(fault, life=name))
        return 500


class Cast:
    """The browsers of those who act, one for each person."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._app = create_app(services)
        self._browsers: dict[str, httpx.AsyncClient] = {}
        self._roles: dict[str, str] = {}

    async def play(self, act: Act) -> int:
        """The status of the act's answer. Raises TerminalError where the page is not as it was."""
        browser = await self._browser(act)
        if act.corrects is not None:
            return await self._correct(browser, act.corrects)
        if act.verifies:
            return await self._verify(browser)
        today = civil_date(self._services.node.clock())
        page = await browser.get(act.address(today))
        return (await self._second_step(browser, page)).status_code

    async def leave(self) -> None:
        for who, browser in self._browsers.items():
            if who and not browser.headers.get("Authorization"):
                door = "/official/" if who in self._roles else "/"
                page = await browser.get(_SMALL[door])
                csrf = _hidden(page.text, "csrf")
                await browser.post(f"{door}signout", data={"csrf": csrf})
            await browser.aclose()

    async def _browser(self, act: Act) -> httpx.AsyncClient:
        name = act.client or act.who or ""
        if name not in self._browsers:
            self._browsers[name] = self._open()
            if act.client:
                await self._take_token(self._browsers[name], act.client)
            elif act.who:
                at = "/official/positions" if act.position else "/signin?next=/"
                await self._sign_in(self._browsers[name], act.who, at)
        browser, role = self._browsers[name], act.position or act.acts_for
        if role and self._roles.get(name) != role:
            await self._take_role(browser, act)
            self._roles[name] = role
        return browser

    def _open(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        base = self._services.node.settings.base_url
        headers = {"Accept-Language": "zh"}
        return httpx.AsyncClient(
            transport=transport, base_url=base, headers=headers, follow_redirects=True
        )

    async def _take_token(self, browser: httpx.AsyncClient, client: str) -> None:
        settings = self._services.node.settings
        address = f"{issuer_of(settings)}/protocol/openid-connect/token"
        secret = development_secret(settings, client)
        answer = await browser.post(
            address, auth=(client, secret), data={"grant_type": "client_credentials"}
        )
        browser.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    async def _sign_in(self, browser: httpx.AsyncClient, who: str, at: str) -> None:
        page = await browser.get(at)
        form = {"form_token": _hidden(page.text, "form_token"), "person": who}
        await self._second_step(browser, await browser.post(page.url, data=form))

    async def _second_step(
        self, browser: httpx.AsyncClient, page: httpx.Response
    ) -> httpx.Response:
        """The answer behind the issuer's second step, where the page is that."""
        code = re.search(r'id="shown">\s*(\d{6})', page.text)
        if code is None:
            return page
        form = {name: _hidden(page.text, name) for name in ("form_token", "person")}
        return await browser.post(page.url, data=form | {"otp": code[1]})

    async def _take_role(self, browser: httpx.AsyncClient, act: Act) -> None:
        if act.position:
            small = address = _SMALL["/official/"]
            form = {"position": act.position}
        else:
            small, address = _SMALL["/"], "/mandate"
            form = {"mandate": act.acts_for or ""}
        page = await browser.get(small)
        form["next"] = small
        await browser.post(address, data=form | {"csrf": _hidden(page.text, "csrf")})

    async def _verify(self, browser: httpx.AsyncClient) -> int:
        """It runs beside the request: whoever ended before it would leave it broken off."""
        page = await browser.get("/official/audit")
        form = {"csrf": _hidden(page.text, "csrf")}
        answer = await browser.post("/official/audit/verify", data=form)
        node = self._services.node
        for _ in range(_POLLS):
            newest = await asyncio.to_thread(list_checks, node.database, node.clock(), 1)
            if newest and newest[0].ended_at is not None:
                break
            await asyncio.sleep(_PAUSE_S)
        return answer.status_code

    async def _correct(self, browser: httpx.AsyncClient, dataset: str) -> int:
        """Hand in again what stands in quarantine only because a number was written as 约…"""
        loads = self._services.catalogue.loads(self._services.catalogue.contracts.get(dataset))
        report = f"/official/loads/{loads[0].load_id}"
        page = await browser.get(report)
        if "/official/signin?level=3" in page.text:
            proof = await browser.get(f"/official/signin?level=3&next={report}")
            page = await self._second_step(browser, proof)
        left = await browser.get(f"{report}/quarantined.csv")
        answer = await browser.post(
            f"{report}/corrections",
            data={"csrf": _hidden(page.text, "csrf")},
            files={"file": ("corrected.csv", _corrected(left.text), "text/csv")},
        )
        return answer.status_code


def _hidden(page: str, name: str) -> str:
    """The value of a form's hidden field. Raises TerminalError."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    if found is None:
        raise TerminalError(f"页面上没有 {name}", f"the page holds no {name}")
    return unescape(found[1])


def _corrected(text: str) -> bytes:
    """The records of a quarantine's CSV that hold a number written as 约…, without that word."""
    head, *records = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    about = [one for one in records if any(cell.startswith(_ABOUT) for cell in one)]
    written = io.StringIO()
    rows = [[cell.removeprefix(_ABOUT) for cell in one] for one in about[:_CORRECTED]]
    csv.writer(written).writerows([head, *rows])
    return written.getvalue().encode()
