"""Asking a server over a kept connection, alone or with several clients at once."""

import http.client
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from tests.benchmarks.measure import Spread, spread


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. No Accept-Encoding is sent: nobody's answer is compressed."""

    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None


class Wire:
    """One client on one kept connection. An answer other than 200 stops the measurement.

    A server ends a connection on which nothing was asked for a while, as between two figures that
    wait for a quiet machine: the question is then asked once more on a new one.
    """

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)

    def send(self, ask: Ask) -> bytes:
        method = "GET" if ask.body is None else "POST"
        try:
            answer = self._answer(method, ask)
        except http.client.RemoteDisconnected:
            self._connection.close()
            answer = self._answer(method, ask)
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{ask.path}: {answer.status} {content[:400]!r}")
        return content

    def _answer(self, method: str, ask: Ask) -> http.client.HTTPResponse:
        self._connection.request(method, ask.path, ask.body, dict(ask.headers))
        return self._connection.getresponse()

    def close(self) -> None:
        self._connection.close()


@dataclass(frozen=True, slots=True)
class Rate:
    """What several clients got out of a server in a while."""

    clients: int
    requests: int
    per_second: float
    latency: Spread


def rate(port: int, ask: Ask, *, clients: int, seconds: float) -> Rate:
    """`clients` threads that each ask again as soon as they have their answer."""
    times: list[list[float]] = [[] for _ in range(clients)]
    stop = perf_counter() + seconds
    threads = [threading.Thread(target=_keep_asking, args=(port, ask, stop, t)) for t in times]
    started = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = perf_counter() - started
    every = [one for own in times for one in own]
    return Rate(clients, len(every), round(len(every) / took, 1), spread(every))


def _keep_asking(port: int, ask: Ask, stop: float, times: list[float]) -> None:
    wire = Wire(port)
    while (started := perf_counter()) < stop:
        wire.send(ask)
        times.append((perf_counter() - started) * 1000)
    wire.close()


def wait_for(port: int, ask: Ask, alive: Callable[[], bool], *, seconds: float = 120) -> float:
    """Seconds until the server gives its first answer to `ask`."""
    started = perf_counter()
    while perf_counter() - started < seconds:
        if not alive():
            raise RuntimeError("the server ended before it answered")
        try:
            Wire(port).send(ask)
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
        else:
            return perf_counter() - started
    raise RuntimeError(f"no answer from port {port} within {seconds:.0f} s")
