"""Clients that misbehave, on raw sockets, and one that only wants its page."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

import httpx

from tests.test_portals.pages.live import Live

LARGE = "/api/v1/datasets/hb_air_quality_hourly/download"


@contextmanager
def unread(live: Live, path: str, number: int = 1) -> Iterator[list[socket.socket]]:
    """Clients that ask for a download and read nothing of it; gone when the block ends."""
    with ExitStack() as stack:
        yield [stack.enter_context(closing(_asking(live, path))) for _ in range(number)]


def _asking(live: Live, path: str) -> socket.socket:
    host, port = live.base.removeprefix("http://").split(":")
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect((host, int(port)))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    return client


def is_cut_off(client: socket.socket) -> bool:
    """Whether the server has ended the connection before the answer was whole."""
    client.settimeout(5)
    try:
        while client.recv(1 << 16):
            pass
    except (ConnectionResetError, BrokenPipeError):
        return True
    except TimeoutError:
        return False
    return True


def seconds_for(live: Live, path: str, **headers: str) -> float:
    begun = time.monotonic()
    answer = httpx.get(f"{live.base}{path}", headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text[:300]
    return time.monotonic() - begun


def wait_until(true: Callable[[], bool], seconds: float = 25) -> bool:
    """Longer than a busy machine takes, shorter than the limits that a served test lowers."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.05)
    return true()
