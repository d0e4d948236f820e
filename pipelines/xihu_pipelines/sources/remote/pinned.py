"""HTTP to one origin at one checked address: no redirects, no proxies, no other host, a limit."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from xihu_pipelines.sources.remote.connections import Connection
from xihu_pipelines.sources.remote.fetched import Allowance
from xihu_platform.errors import BadInput, TransientError
from xihu_platform.settings import RemoteSettings

_PAGE_LIMIT = 64 << 20  # bytes of one answer, which is parsed as a whole
_BLOCK = 1 << 20
ANSWER_S = 600.0
"""Seconds for one whole answer: a sender of a byte now and then keeps every other timeout."""


class Hangup:
    """Ends the connections of an adapter when an answer takes too long."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self._late = threading.Event()

    def watch(self, found: socket.socket) -> None:
        self._sockets.append(found)

    def __call__(self) -> None:
        self._late.set()
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def within(self, seconds: float, name: str) -> Iterator[None]:
        """Raises TransientError, also where the part that came looks like a whole answer."""
        self._late.clear()
        timer = threading.Timer(seconds, self)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (requests.RequestException, HTTPError, OSError):
            if not self._late.is_set():
                raise
        finally:
            timer.cancel()
        if self._late.is_set():
            raise TransientError(
                f"连接 {name} 的答复超过 {seconds:.0f} 秒仍未结束，已断开",
                f"an answer of connection {name} did not end within {seconds:.0f} s: hung up",
            )


def _watched(pool: type[HTTPConnectionPool], hangup: Hangup) -> type[HTTPConnectionPool]:
    """The same pool, whose connections can be ended from outside."""

    class Watched(pool.ConnectionCls):  # type: ignore[name-defined,misc]  # a class by its value
        def connect(self) -> None:
            super().connect()
            hangup.watch(self.sock)

    return type(pool.__name__, (pool,), {"ConnectionCls": Watched})


class Pinned(HTTPAdapter):
    """Sends to the address that was checked, whatever the name resolves to by now."""

    def __init__(self, connection: Connection, limits: RemoteSettings) -> None:
        self._origin = (connection.kind, connection.host, connection.port)
        self._name = connection.name
        self._address = connection.address()
        self._timeout = limits.timeout_s
        self._verify = str(limits.ca_file) if limits.ca_file else True
        self._allowance = Allowance(connection.name, limits.limit_mb)
        self._hangup = Hangup()
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        # Any: urllib3's pool takes whatever TLS takes. The certificate is for the name.
        kind, host, _ = self._origin
        if kind == "https":
            kwargs |= {"server_hostname": host, "assert_hostname": host}
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _watched(HTTPConnectionPool, self._hangup),
            "https": _watched(HTTPSConnectionPool, self._hangup),
        }

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        # Any: requests' own argument types.
        parts = urlsplit(request.url or "")
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        if (parts.scheme, parts.hostname, port) != self._origin:
            raise BadInput(
                f"连接 {self._name} 的接口指向别的地址，没有跟随",
                f"the API of connection {self._name} leads to another address: not followed",
            )
        address = f"[{self._address}]" if ":" in self._address else self._address
        pinned = request.copy()
        pinned.url = urlunsplit(parts._replace(netloc=f"{address}:{port}"))
        pinned.headers["Host"] = parts.netloc.rsplit("@", 1)[-1]
        with self._hangup.within(ANSWER_S, self._name):
            response = super().send(pinned, stream=True, timeout=self._timeout, verify=self._verify)
            content = self._limited(response)
        response.raw, response.url = BytesIO(content), str(request.url)
        response.request = request
        return response

    def _limited(self, response: requests.Response) -> bytes:
        content = bytearray()
        for block in response.iter_content(_BLOCK):
            self._allowance.take(len(block))
            content += block
            if len(content) > _PAGE_LIMIT:
                raise BadInput(
                    f"连接 {self._name} 的一页超过 {_PAGE_LIMIT >> 20} MB，请用较小的页",
                    f"a page of connection {self._name} is over {_PAGE_LIMIT >> 20} MB: ask for "
                    "smaller pages",
                )
        response.close()
        response._content_consumed = False  # the limited copy is read in its place
        response.headers.pop("Content-Encoding", None)  # iter_content has undone it
        return bytes(content)


def open_session(connection: Connection, limits: RemoteSettings) -> requests.Session:
    """A session that reaches the connection's origin and nothing else."""
    session = requests.Session()
    session.trust_env = False  # no proxy, and no password of the operator's .netrc
    session.max_redirects = 0
    session.adapters.clear()
    adapter = Pinned(connection, limits)
    for prefix in ("http://", "https://"):  # every URL passes it, the wrong ones to be refused
        session.mount(prefix, adapter)
    if connection.token:
        session.headers["Authorization"] = f"Bearer {connection.token}"
    if connection.user:
        session.auth = (connection.user, connection.password)
    return session
