"""HTTP to one origin at one checked address: no redirects, no proxies, no other host, a limit."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

from xihu_pipelines.sources.remote.connections import Connection
from xihu_pipelines.sources.remote.fetched import Allowance
from xihu_platform.errors import BadInput
from xihu_platform.settings import RemoteSettings

_PAGE_LIMIT = 64 << 20  # bytes of one answer, which is parsed as a whole
_BLOCK = 1 << 20


class Pinned(HTTPAdapter):
    """Sends to the address that was checked, whatever the name resolves to by now."""

    def __init__(self, connection: Connection, limits: RemoteSettings) -> None:
        self._origin = (connection.kind, connection.host, connection.port)
        self._name = connection.name
        self._address = connection.address()
        self._timeout = limits.timeout_s
        self._verify = str(limits.ca_file) if limits.ca_file else True
        self._allowance = Allowance(connection.name, limits.limit_mb)
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        # Any: urllib3's pool takes whatever TLS takes. The certificate is for the name.
        kind, host, _ = self._origin
        if kind == "https":
            kwargs |= {"server_hostname": host, "assert_hostname": host}
        super().init_poolmanager(*args, **kwargs)

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
        response = super().send(pinned, stream=True, timeout=self._timeout, verify=self._verify)
        response.raw, response.url = BytesIO(self._limited(response)), str(request.url)
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
