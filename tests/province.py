"""A small demo province, loaded once, and tokens of its people: what most tests stand on."""

import fcntl
import hashlib
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path

import httpx
from fastapi import FastAPI

from tests.registry import REGISTRY
from xihu_catalog.registry.folder import use_registry
from xihu_catalog.registry.people import content
from xihu_node.app import create_app
from xihu_node.entries import load_and_publish
from xihu_node.issuer.keys import SigningKeys
from xihu_node.services import open_services
from xihu_pipelines.demo import province
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.identity.models import PersonRow
from xihu_platform.identity.people import list_mandates, list_positions
from xihu_platform.identity.principal import ANONYMOUS, Mandate, Position, Principal
from xihu_platform.lake.relocate import relocate
from xihu_platform.settings import DemoSettings, LimitSettings, ServeSettings, Settings
from xihu_platform.start import Node, open_node, open_private
from xihu_portals.services import Services

use_registry(REGISTRY)
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SCALE = 0.02
ROOT = Path(__file__).parents[1]
KEPT = ROOT / ".province"
MADE_FROM = {".py", ".yaml", ".csv", ".json", ".sql", ".xlsx"}
MANY = 10**9
UNLIMITED = LimitSettings(
    signins=MANY, writes=MANY, uploads=MANY, streams=MANY, excel=MANY, refusals=MANY, checks=MANY
)
"""Tests ask as one person and from one address, a thousand times a minute."""


@dataclass(frozen=True)
class Province:
    """The loaded demo with its opened services."""

    services: Services

    @cached_property
    def app(self) -> FastAPI:
        return create_app(self.services)

    def client(self, token: str | None = None, **headers: str) -> httpx.AsyncClient:
        """An in-process client; `headers` by their names with `_` for `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8000", headers=sent
        )

    @cached_property
    def _keys(self) -> SigningKeys:
        node = self.services.node
        path = node.settings.data_dir / "identity" / "signing-keys.json"
        return SigningKeys(path, node.clock)

    def sign(self, claims: dict[str, object]) -> str:
        return self._keys.sign(claims)

    def token(self, username: str, acr: int = 3, **changed: object) -> str:
        """A person's access token as the embedded issuer makes it; `changed` claims on top."""
        person = next(p for p in content().people if p.username == username)
        official = bool(person.positions)
        claims = self._base("xihu-official" if official else "xihu-citizen") | {
            "sub": person.person,
            "sid": f"sid-{username}",
            "auth_time": int(NOW.timestamp()) - 60,
            "acr": str(acr),
            "preferred_username": username,
            "name": person.name_zh,
            "xihu_person": person.person,
            "xihu_level": str(person.level),
        }
        return self.sign(claims | changed)

    def system_token(self, client_id: str = "dept-yb", **changed: object) -> str:
        claims = self._base(client_id) | {"sub": client_id, "client_id": client_id}
        return self.sign(claims | changed)

    def _base(self, client_id: str) -> dict[str, object]:
        settings = self.services.node.settings
        now = int(self.services.node.clock().timestamp())
        return {
            "iss": f"{settings.base_url}/realms/xihu",
            "aud": [settings.identity.audience],
            "azp": client_id,
            "typ": "Bearer",
            "iat": now,
            "exp": now + 300,
        }

    def citizen(self, username: str, level: int | None = None, *, firm: bool = False) -> Principal:
        """A person as a citizen, at their proven level or below it."""
        person = next(p for p in content().people if p.username == username)
        today = civil_date(NOW)
        with transaction(self.services.node.database) as session:
            row = session.get(PersonRow, person.person)
            mandates = list_mandates(session, person.person, today)
        return Principal(
            kind="citizen",
            id=person.person,
            name=person.name_zh,
            level=person.level if level is None else min(level, person.level),
            subject=row.subject if row else None,
            mandate=self._firm(mandates) if firm else None,
            portal="citizen",
        )

    def _firm(self, mandates: list[Mandate]) -> Mandate | None:
        return next((b for b in mandates if b.kind == "firm"), None)

    def official(self, username: str, position_id: str | None = None) -> Principal:
        """A person in one of their positions, the first if none is named."""
        person = next(p for p in content().people if p.username == username)
        return Principal(
            kind="official",
            id=person.person,
            name=person.name_zh,
            level=person.level,
            position=self.position(username, position_id),
            portal="official",
        )

    def position(self, username: str, position_id: str | None = None) -> Position:
        person = next(p for p in content().people if p.username == username)
        with transaction(self.services.node.database) as session:
            held = list_positions(session, person.person, civil_date(NOW))
        return next(p for p in held if position_id in {None, p.id})

    def system(self, client_id: str = "dept-yb") -> Principal:
        seed = next(s for s in content().systems if s.client_id == client_id)
        known = next(o for o in content().organisations if o.uscc == seed.organisation)
        position = Position(
            id=f"system:{client_id}",
            title_zh=seed.name_zh,
            title_en=seed.name_en,
            organisation=known.uscc,
            organisation_zh=known.name_zh,
            organisation_en=known.name_en,
            region=known.region,
        )
        return Principal(kind="system", id=client_id, name=seed.name_zh, position=position)

    anonymous = ANONYMOUS


def make_province(
    folder: Path,
    port: int = 8000,
    *,
    serve: ServeSettings | None = None,
    limits: LimitSettings | None = None,
) -> Iterator[Province]:
    """The loaded demo, copied to `folder` and opened; closes the log at the end."""
    served = (serve or ServeSettings()).model_copy(update={"port": port})
    settings = settings_of(folder, served, limits or UNLIMITED)
    open_private(folder)  # what relocating writes is for the owner alone, whoever ran before
    clock = MovedClock(iter(range(_copy_built(folder), 10**9)))
    relocate(folder / "lake")
    services = open_services(open_node(settings, clock=clock))
    yield Province(services)
    services.close()


def settings_of(folder: Path, serve: ServeSettings, limits: LimitSettings) -> Settings:
    return Settings(data_dir=folder, demo=DemoSettings(scale=SCALE), serve=serve, limits=limits)


@dataclass
class MovedClock:
    """NOW and a millisecond more each time that it is asked, from wherever a test has moved it."""

    moments: Iterator[int]
    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return NOW + self.ahead + timedelta(milliseconds=next(self.moments))


def _copy_built(folder: Path) -> int:
    """The demo, loaded once and kept under the hash of all that it is made from; its moments."""
    with _built() as kept:
        shutil.copytree(kept / "data", folder, dirs_exist_ok=True)
        return int((kept / "moments").read_text())


def copy_files(node: Node) -> Path:
    """The files of the kept demo, as `files_of` makes them in seven seconds; SCALE is asked for."""
    with _built() as kept:
        shutil.copytree(kept / "data" / "intake", node.settings.data_dir / "intake")
    return province.files_of(node)


@contextmanager
def _built() -> Iterator[Path]:
    KEPT.mkdir(exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = KEPT / _hash()
        if not (kept / "moments").exists():
            for old in KEPT.glob("*/"):
                shutil.rmtree(old)
            _build(kept / "data", kept / "moments")
        yield kept


def _build(folder: Path, mark: Path) -> None:
    """`mark` is written last: the number of moments that the clock has told."""
    moments = iter(range(10**9))
    node = open_node(settings_of(folder, ServeSettings(), UNLIMITED), clock=MovedClock(moments))
    province.settle(node)
    province.files_of(node)
    load_and_publish(node)
    mark.write_text(str(next(moments)))


def build() -> None:
    """Build the demo if that was not done for these sources: no test then waits for it."""
    with _built():
        pass


@cache
def _hash() -> str:
    made_from = hashlib.sha256(sys.version.encode())
    rooms = ("platform", "catalog", "pipelines", "portals", "deploy")
    files = [f for room in rooms for f in (ROOT / room).rglob("*") if f.suffix in MADE_FROM]
    for path in [ROOT / "requirements.lock", Path(__file__), *sorted(files)]:
        made_from.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return made_from.hexdigest()[:16]


if __name__ == "__main__":
    build()
