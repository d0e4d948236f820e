"""A real server in a child process on a free port, and tokens it takes."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from tests.benchmarks.machine import ROOT, SCRATCH
from tests.benchmarks.wire import Ask, wait_for
from xihu_catalog.registry.people import content
from xihu_node.issuer.keys import SigningKeys
from xihu_platform.access import gateway
from xihu_platform.clock import system_clock
from xihu_platform.identity.seeds import PersonSeed
from xihu_platform.settings import ServeSettings, Settings
from xihu_platform.start import open_node

TOKEN_S = 7200  # longer than any run


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    pid: int


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, ready: Ask) -> Iterator[Server]:
    """A child process until the block ends; entered once it answers `ready`.

    What it prints is kept in .make/bench/, where to look when it does not start.
    """
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with (SCRATCH / f"{Path(command[0]).name}.log").open("wb") as log:
        child = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        wait_for(port, ready, lambda: child.poll() is None)
        yield Server(port, child.pid)
    finally:
        child.terminate()
        try:
            child.wait(timeout=20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextmanager
def serving(data: Path, *, keep_answers: bool) -> Iterator[Server]:
    """Our own server as `xihu run` starts it; without kept answers each question is a new one."""
    port = free_port()
    forget = [] if keep_answers else ["--forget"]
    command = [sys.executable, "-m", "tests.benchmarks.serving", str(data), str(port), *forget]
    with running(command, port, Ask("/health")) as server:
        yield server


def official_token(data: Path, port: int, username: str) -> tuple[tuple[str, str], ...]:
    """Headers of a person in their first position, as the embedded issuer would sign them."""
    settings = Settings(data_dir=data, serve=ServeSettings(port=port))
    person = next(p for p in content().people if p.username == username)
    claims = claims_of(settings, person, settings.identity.official_client, "sid-benchmark")
    token = SigningKeys(data / "identity" / "signing-keys.json", system_clock).sign(claims)
    return ("Authorization", f"Bearer {token}"), ("X-Xihu-Position", person.positions[0].id)


def claims_of(settings: Settings, person: PersonSeed, client: str, sid: str) -> dict[str, object]:
    """What an access token of one client says of a person at level 3, for `TOKEN_S`."""
    now = int(system_clock().timestamp())
    return {
        "iss": f"{settings.base_url}/realms/xihu",
        "aud": [settings.identity.audience],
        "azp": client,
        "typ": "Bearer",
        "iat": now,
        "exp": now + TOKEN_S,
        "sub": person.person,
        "sid": sid,
        "auth_time": now,
        "acr": "3",
        "preferred_username": person.username,
        "name": person.name_zh,
        "xihu_person": person.person,
        "xihu_level": "3",
    }


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("port", type=int)
@click.option("--forget", is_flag=True, help="Keep no answers: every question is a new one.")
def serve(data: Path, port: int, forget: bool) -> None:
    """What the child process does: the commands of `xihu run`, with another cache if asked."""
    import uvicorn

    from xihu_node.app import create_app
    from xihu_node.services import open_services
    from xihu_portals.edge.protocol import protocol_with

    if forget:
        gateway.CACHE_BYTES = 0
    settings = Settings(data_dir=data, serve=ServeSettings(port=port))
    app = create_app(open_services(open_node(settings)))
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        http=protocol_with(settings.serve.write_limit_s),
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    serve()
