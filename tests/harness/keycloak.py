"""A real Keycloak for the harness, and a visitor who signs in there with Debian's Chromium."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from keycloak import KeycloakAdmin
from tests.test_platform.identity.content import content
from tests.test_platform.identity.world import (
    World,
    free_port,
    make_settings,
    serving,
    signin_path,
    totp,
)
from xihu_platform.identity.client_secrets import development_secret
from xihu_platform.identity.keycloak import apply
from xihu_platform.identity.keycloak_plan import plan_realm
from xihu_platform.identity.portal import both_portals
from xihu_platform.settings import Settings

GET_KEYCLOAK = Path(__file__).parents[2] / "deploy" / "keycloak" / "get-keycloak"
CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ADMIN, PASSWORD = "harness", "harness-password-1"


@contextmanager
def running_keycloak(folder: Path) -> Iterator[str]:
    """Keycloak on a free loopback port with an empty database in memory; yields its address."""
    fetched = subprocess.run([GET_KEYCLOAK], check=True, capture_output=True, text=True)
    port, management = free_port(), free_port()
    command = [
        # `env` adds to the environment that it inherits.
        "env",
        f"KC_BOOTSTRAP_ADMIN_USERNAME={ADMIN}",
        f"KC_BOOTSTRAP_ADMIN_PASSWORD={PASSWORD}",
        "JAVA_OPTS_KC_HEAP=-Xms64m -Xmx512m",  # else a share of the machine's memory
        f"{fetched.stdout.strip()}/bin/kc.sh",
        "start-dev",
        "--cache=local",  # else two ports open beyond loopback
        "--db=dev-mem",
        "--http-host=127.0.0.1",
        f"--http-port={port}",
        "--health-enabled=true",
        "--http-management-host=127.0.0.1",
        f"--http-management-port={management}",
    ]
    log = folder / "keycloak.log"
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait_until_ready(f"http://127.0.0.1:{management}/health/ready", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(360):
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise AssertionError(log.read_text())


def keycloak_settings(folder: Path, server: str, realm: str = "xihu") -> Settings:
    return make_settings(
        folder,
        f"{server}/realms/{realm}",
        admin_user=ADMIN,
        admin_password=PASSWORD,
        admin_secret="harness-secret-of-apply",
    )


def keycloak_world(server: str, folder: Path) -> Iterator[World]:
    with sync_playwright() as playwright:
        settings = keycloak_settings(folder, server)
        apply(settings, plan_realm(settings, content()))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        codes = Codes(settings)
        with serving(settings) as (identity, engine, clock):
            yield World(
                settings,
                engine,
                clock,
                both_portals(settings),
                identity,
                lambda: BrowserVisitor(browser, settings, codes),
                lambda: _portal_as_machine(settings, server),
            )
        browser.close()


def administrator(server: str, realm: str = "xihu") -> KeycloakAdmin:
    admin = KeycloakAdmin(
        server_url=server,
        username=ADMIN,
        password=PASSWORD,
        realm_name="master",
        user_realm_name="master",
    )
    admin.change_current_realm(realm)
    return admin


def _portal_as_machine(settings: Settings, server: str) -> str:
    """What a careless administrator might allow: client credentials for a portal, whose service
    account carries a person's attributes."""
    admin = administrator(server)
    id_ = str(admin.get_client_id("xihu-citizen"))
    client = admin.get_client(id_)
    admin.update_client(id_, client | {"serviceAccountsEnabled": True})
    user = admin.get_client_service_account_user(id_)
    attributes = {"xihu_person": ["p-wang"], "xihu_level": ["3"]}
    admin.update_user(user["id"], user | {"attributes": attributes})
    answer = httpx.post(
        f"{server}/realms/xihu/protocol/openid-connect/token",
        data={"grant_type": "client_credentials"},
        auth=("xihu-citizen", development_secret(settings, "xihu-citizen")),
    )
    admin.update_client(id_, client | {"serviceAccountsEnabled": False})
    return str(answer.json()["access_token"])


@dataclass
class Codes:
    """The people's code generators. Keycloak takes a code once, and one period early."""

    settings: Settings
    used: set[tuple[str, int]] = field(default_factory=set)

    def next_code(self, username: str) -> str:
        while True:
            now = int(time.time() // 30)
            for period in (now, now + 1):
                if (username, period) not in self.used:
                    self.used.add((username, period))
                    secret = development_secret(self.settings, f"otp of {username}")
                    return totp(secret, period * 30)
            time.sleep(1)


class BrowserVisitor:
    """Signs in at Keycloak's own pages; afterwards `http` holds the portals' cookies."""

    def __init__(self, browser: Browser, settings: Settings, codes: Codes) -> None:
        self.http = httpx.Client(base_url=settings.base_url, follow_redirects=True, timeout=20)
        self._context = browser.new_context(locale="zh-CN")
        self._settings = settings
        self._codes = codes

    def sign_in(self, portal: str, username: str | None, level: int | None = None) -> None:
        self.sign_in_at(signin_path(portal, level), username)

    def sign_in_at(self, url: str, username: str | None) -> str:
        page = self._context.new_page()
        self._put_cookies()
        page.goto(urljoin(self._settings.base_url, url))
        if username:
            self._fill(page, username)
        self._take_cookies()
        text = page.locator("body").inner_text()
        page.close()
        return text

    def _fill(self, page: Page, username: str) -> None:
        if page.locator("#password").count():
            if page.locator("#username").is_visible():
                page.fill("#username", username)
            page.fill("#password", development_secret(self._settings, f"password of {username}"))
            page.click("#kc-login")
            page.wait_for_load_state()
        if page.locator("#otp").count():
            page.fill("#otp", self._codes.next_code(username))
            page.click("#kc-login")
            page.wait_for_load_state()

    def _put_cookies(self) -> None:
        for name, value in self.http.cookies.items():
            url = self._settings.base_url
            self._context.add_cookies([{"name": name, "value": value, "url": url}])

    def _take_cookies(self) -> None:
        for cookie in self._context.cookies(self._settings.base_url):
            if cookie["name"].startswith("xihu_"):
                self.http.cookies.set(cookie["name"], cookie["value"], domain="127.0.0.1")

    def follow(self, url: str) -> None:
        page = self._context.new_page()
        page.goto(url)
        page.close()

    def close(self) -> None:
        self._context.close()
        self.http.close()
