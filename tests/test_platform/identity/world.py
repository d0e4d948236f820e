"""A serving process with both portals, and a visitor who signs in as a person would."""

import asyncio
import base64
import hashlib
import hmac
import re
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import urljoin

import httpx
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Engine, select

from tests.test_platform.identity.content import content, pseudonym
from xihu_node.issuer.routes import issuer_router
from xihu_platform.database import Base, open_database, transaction
from xihu_platform.errors import PlatformError
from xihu_platform.identity import people
from xihu_platform.identity.client_secrets import development_secret, hash_secret, portal_secret
from xihu_platform.identity.models import SigninSession
from xihu_platform.identity.portal import Portal, both_portals
from xihu_platform.identity.sessions import Tokens, unseal
from xihu_platform.identity.start import Identity, start_identity
from xihu_platform.policy_version import PolicyVersionRow
from xihu_platform.settings import Settings

T = TypeVar("T")


@dataclass
class ShiftedClock:
    """The real time, and later when a test says so."""

    shift: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.shift


class Visitor(Protocol):
    """A browser. `http` carries the portals' cookies; signing in returns the last page's text."""

    http: httpx.Client

    def sign_in(self, portal: str, username: str | None, level: int | None = None) -> None: ...

    def sign_in_at(self, url: str, username: str | None) -> str: ...

    def follow(self, url: str) -> None: ...

    def close(self) -> None: ...


@dataclass
class World:
    settings: Settings
    engine: Engine
    clock: ShiftedClock
    portals: tuple[Portal, ...]
    identity: Identity
    make_visitor: Callable[[], Visitor]
    portal_as_machine: Callable[[], str]
    """A token whose `azp` is a portal, but that no person signed in for."""
    _visitors: list[Visitor] = field(default_factory=list)

    def visitor(self) -> Visitor:
        self._visitors.append(self.make_visitor())
        return self._visitors[-1]

    def tidy(self) -> None:
        """After each test: the clock right again, every browser closed."""
        self.clock.shift *= 0
        while self._visitors:
            self._visitors.pop().close()

    @property
    def base_url(self) -> str:
        return self.settings.base_url

    def portal(self, name: str) -> Portal:
        return next(portal for portal in self.portals if portal.name == name)

    def tokens(self, visitor: Visitor, portal: str = "citizen") -> Tokens:
        """What lies sealed in the visitor's session."""
        cookie = visitor.http.cookies[self.portal(portal).cookie]
        with transaction(self.engine) as session:
            row = session.scalars(
                select(SigninSession).where(SigninSession.id == hash_secret(cookie))
            ).one()
        tokens = unseal(cookie, row.sealed_tokens)
        assert tokens is not None
        return tokens

    def ask_for_token(self, client_id: str, **form: str) -> httpx.Response:
        url = f"{self.identity.verifier.issuer}/protocol/openid-connect/token"
        known = [portal.client_id for portal in self.portals]
        secret = (
            portal_secret(self.settings, client_id)
            if client_id in known
            else development_secret(self.settings, client_id)
        )
        return httpx.post(url, data=form, auth=(client_id, secret), timeout=60)


def signin_path(portal: str, level: int | None = None) -> str:
    query = f"&level={level}" if level else ""
    prefix = "" if portal == "citizen" else f"/{portal}"
    return f"{prefix}/signin?next=/{portal}/whoami{query}"


class FormVisitor:
    """Follows the embedded issuer's forms over HTTP, as a browser without JavaScript does."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.Client(base_url=base_url, follow_redirects=True, timeout=60)

    def sign_in(self, portal: str, username: str | None, level: int | None = None) -> None:
        self.sign_in_at(signin_path(portal, level), username)

    def sign_in_at(self, url: str, username: str | None) -> str:
        page = self.http.get(url)
        if 'name="person"' in page.text and 'id="otp"' not in page.text and username:
            page = self.submit(page, person=username)
        shown = re.search(r'id="shown">(\d{6})<', page.text)
        if shown:
            page = self.submit(page, otp=shown.group(1))
        return page.text

    def submit(self, page: httpx.Response, **filled: str) -> httpx.Response:
        form = re.search(r'<form [^>]*action="([^"]*)"', page.text)
        assert form, page.text
        hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text)
        return self.http.post(
            urljoin(str(page.url), unescape(form.group(1))), data=dict(hidden) | filled
        )

    def follow(self, url: str) -> None:
        self.http.get(url)

    def close(self) -> None:
        self.http.close()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def make_settings(data_dir: Path, issuer: str | None = None, **identity: object) -> Settings:
    return Settings.model_validate(
        {
            "data_dir": data_dir,
            "serve": {"port": free_port()},
            "identity": {"issuer": issuer, **identity},
        }
    )


def seeded(settings: Settings) -> Engine:
    engine = open_database(settings.database_url)
    Base.metadata.create_all(engine)
    known = content()
    with transaction(engine) as session:
        session.add(PolicyVersionRow(id=1, number=0))
        people.seed(session, known.organisations, known.people, known.systems, pseudonym)
    return engine


@contextmanager
def serving(settings: Settings) -> Iterator[tuple[Identity, Engine, ShiftedClock]]:
    """Both portals on a loopback port, each with one page that says who is signed in."""
    clock, engine = ShiftedClock(), seeded(settings)
    identity = start_identity(settings, engine=engine, clock=clock, issuer=issuer_router)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with identity.http:
            yield

    app = FastAPI(lifespan=lifespan)
    for router in identity.routers:
        app.include_router(router)
    _pages(app, identity)
    config = uvicorn.Config(
        app, port=settings.serve.port, log_level="error", ws="none", loop="asyncio"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield identity, engine, clock
    server.should_exit = True
    thread.join(10)
    engine.dispose()


def _pages(app: FastAPI, identity: Identity) -> None:
    @app.exception_handler(PlatformError)
    async def said(request: Request, error: PlatformError) -> JSONResponse:
        return JSONResponse({"detail": error.text.en}, status_code=error.status)

    @app.get("/{portal}/whoami")
    async def whoami(portal: str, request: Request) -> JSONResponse:
        client = identity.clients[portal]
        found = await client.session_claims(request.cookies.get(client.portal.cookie))
        if found is None:
            return JSONResponse({"person": None})
        claims, session = found
        return JSONResponse(
            {
                "person": claims.person,
                "username": claims.username,
                "level": claims.level,
                "sid": claims.sid,
                "name": claims.name,
                "csrf": session.csrf,
            }
        )


def who(visitor: Visitor, portal: str = "citizen") -> dict[str, object]:
    answer: dict[str, object] = visitor.http.get(f"/{portal}/whoami").json()
    return answer


def embedded_world(data_dir: Path) -> Iterator[World]:
    settings = make_settings(data_dir)
    with serving(settings) as (identity, engine, clock):
        yield World(
            settings,
            engine,
            clock,
            both_portals(settings),
            identity,
            lambda: FormVisitor(settings.base_url),
            lambda: sign_as_issuer(settings, clock, identity, azp="xihu-citizen"),
        )


def sign_as_issuer(
    settings: Settings, clock: ShiftedClock, identity: Identity, **claims: object
) -> str:
    """A token that the embedded issuer itself might have signed, with other claims."""
    from xihu_node.issuer.keys import SigningKeys

    now = int(clock().timestamp())
    base: dict[str, object] = {
        "iss": identity.verifier.issuer,
        "sub": "p-wang",
        "aud": [settings.identity.audience],
        "azp": "xihu-citizen",
        "typ": "Bearer",
        "iat": now,
        "exp": now + 300,
        "acr": "1",
        "preferred_username": "service-account-wang",
        "xihu_person": "p-wang",
        "xihu_level": "3",
    }
    keys = SigningKeys(settings.data_dir / "identity" / "signing-keys.json", clock)
    merged = base | claims
    return keys.sign({name: value for name, value in merged.items() if value is not None})


def in_own_thread(work: Coroutine[None, None, T]) -> T:
    """Run a coroutine to its end; Playwright keeps a loop running in the test's own thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def totp(secret: str, moment: float) -> str:
    """RFC 6238 with SHA-1, six digits, 30 seconds; the secret is text, as Keycloak keeps it."""
    counter = struct.pack(">Q", int(moment // 30))
    digest = hmac.new(secret.encode(), counter, "sha1").digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def digest(text: str) -> str:
    return b64(hashlib.sha256(text.encode()).digest())
