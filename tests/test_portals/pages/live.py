"""The demo province served for real on a loopback port, and a browser that signs in to it."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page

from tests.province import NOW, MovedClock, Province, make_province
from xihu_platform.clock import SHANGHAI
from xihu_platform.matters.ticking import tick
from xihu_platform.settings import ServeSettings
from xihu_portals.edge.protocol import protocol_with

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Live:
    """A served province."""

    province: Province
    base: str

    def on(self, moment: datetime) -> None:
        """Let time go on to a moment in Shanghai, and say all that it has to say by then."""
        services = self.province.services
        clock = services.node.clock
        assert isinstance(clock, MovedClock) and moment.tzinfo is None
        ahead = moment.replace(tzinfo=SHANGHAI) - NOW
        assert ahead > clock.ahead, "time does not go back"
        clock.ahead = ahead
        tick(services.matters, clock())
        services.write_down()


@contextmanager
def serving(
    folder: Path, serve: ServeSettings | None = None, send_buffer: int | None = None
) -> Iterator[Live]:
    """The province at a small scale on a free port, as `xihu run` serves it; stopped at the end.

    A small `send_buffer` makes a client that does not read felt at once.
    """
    listener = socket.socket()
    if send_buffer is not None:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    listener.bind(("127.0.0.1", 0))
    port = int(listener.getsockname()[1])
    opened = make_province(folder, port, serve=serve)
    province = next(opened)
    limit_s = province.services.node.settings.serve.write_limit_s
    config = uvicorn.Config(
        province.app,
        log_level="warning",
        lifespan="off",
        proxy_headers=False,
        http=protocol_with(limit_s),
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield Live(province, f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
        next(opened, None)


def visit(browser: Browser, *, language: str = "zh", width: int = 1280) -> BrowserContext:
    locale = "zh-CN" if language == "zh" else "en-GB"
    return browser.new_context(
        viewport={"width": width, "height": 900}, locale=locale, reduced_motion="reduce"
    )


def sign_in(page: Page, base: str, username: str, *, at: str) -> None:
    """Through the embedded issuer's page: the person's card, and a second factor if it asks."""
    page.goto(f"{base}{at}")
    choose(page, username)


def choose(page: Page, username: str) -> None:
    """On the embedded issuer's page."""
    card = page.locator(f"button[name=person][value={username}]")
    if not card.is_visible():  # among those who are no first choice
        page.locator("details.sign-in-more > summary").click()
    card.click()
    page.wait_for_load_state()
    if page.locator("#otp").count():
        page.locator("#otp").fill(page.locator("#shown").inner_text().strip())
        page.locator("#otp").press("Enter")
        page.wait_for_load_state()


def take_office(page: Page, position: str) -> None:
    """Choose a position, where there is a choice: who has one alone is in it already."""
    page.wait_for_load_state()
    if "/official/positions" in page.url:
        page.locator(f"button[name=position][value={position}]").click()
        page.wait_for_load_state()


def office(live: Live, browser: Browser, who: str, position: str, *, width: int = 1280) -> Page:
    """A page of somebody who has signed in and taken a position."""
    page = visit(browser, width=width).new_page()
    page.set_default_timeout(15_000)
    sign_in(page, live.base, who, at="/official/")
    take_office(page, position)
    return page


def do(page: Page, matter: str, event: str, **said: str) -> str:
    """Fill in the form of a step and send it; the state that the page then names."""
    page.goto(matter)
    form = page.locator(f"#form-{event}")
    if not form.is_visible():
        page.locator(f"details:has(#form-{event}) > summary").click()
    for name, value in said.items():
        one = form.locator(f"[name={name}]")
        if one.first.get_attribute("type") == "radio":
            form.locator(f"[name={name}][value={value}]").check()
        elif one.first.evaluate("one => one.tagName") == "SELECT":
            one.select_option(value)
        else:
            one.fill(value)
    form.locator("button[type=submit]").click()
    page.wait_for_url("**done=*")
    return page.locator("#state-title").inner_text()
