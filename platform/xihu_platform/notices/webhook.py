"""Notices by webhook: a signed POST of a CloudEvents 1.0 envelope to a confirmed address outside.

The name is resolved once, every address it has is checked, and the checked address is connected
to, with the name for TLS and `Host`: a name that points elsewhere a moment later (DNS rebinding)
changes nothing. Redirects are not followed, and little of an answer is read.
"""

import hmac
import secrets
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from threading import Timer
from urllib.parse import urlsplit

import orjson

from xihu_platform.errors import BadInput, TransientError
from xihu_platform.inside import is_inside
from xihu_platform.notices.channels import NoticeChannel
from xihu_platform.notices.outgoing import OutgoingNotice

TIMEOUT_S = 10
"""For everything: a receiver that sends a byte now and then is cut off as well."""
ANSWER_LIMIT = 4096  # bytes
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
SIGNATURE = "X-Xihu-Signature"
Resolve = Callable[[str, int], Iterable[str]]
"""Every address of a name."""
Connect = Callable[[str, int], socket.socket]
"""A connection that is encrypted already, to a name and port."""


def resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]).split("%")[0] for entry in found))


def outside_addresses(host: str, port: int, resolve: Resolve = resolve) -> list[str]:
    """Raises BadInput where any address of the name is an inside one, TransientError where it has
    none."""
    try:
        addresses = list(resolve(host, port))
    except (OSError, UnicodeError):
        addresses = []
    if not addresses:
        raise TransientError(
            "回调地址的主机名无法解析，请核对或稍后再试",
            "the name of the webhook does not resolve: check it, or try again later",
        )
    # Every address counts: one outside address must not carry an inside one past the check.
    if any(is_inside(one) for one in addresses):
        raise BadInput(
            "回调地址指向内部网络，不能使用", "the webhook leads to an inside address: not allowed"
        )
    return addresses


def connect_outside(host: str, port: int, resolve: Resolve = resolve) -> socket.socket:
    """Raises BadInput for a name that leads inside, OSError where nobody answers or the
    certificate is not for the name."""
    first, *others = outside_addresses(host, port, resolve)
    for address in others:
        try:
            return _encrypted(first, host, port)
        except OSError:
            first = address
    return _encrypted(first, host, port)


def _encrypted(address: str, host: str, port: int) -> socket.socket:
    plain = socket.create_connection((address, port), timeout=TIMEOUT_S)
    try:
        with _cut_off(plain):
            return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


@contextmanager
def _cut_off(connection: socket.socket) -> Iterator[None]:
    """Ends a connection that takes longer than all of it may."""

    def end() -> None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    timer = Timer(TIMEOUT_S, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def notice_event(notice: OutgoingNotice, source: str) -> bytes:
    """A CloudEvent in its JSON format (CloudEvents 1.0, JSON Event Format 3)."""
    return cloud_event(str(notice.key), notice.what, source, {"link": notice.link}, notice.number)


def send_event(
    channel: NoticeChannel, body: bytes, now: datetime, connect: Connect = connect_outside
) -> bytes:
    """What was answered, as far as it is read.

    Raises BadInput for an address inside, TransientError for anything but an answer of 2xx.
    """
    parts = urlsplit(channel.address)
    host, port = parts.hostname or "", parts.port or 443
    headers = {
        "Host": host if port == 443 else f"{host}:{port}",
        "Content-Type": CONTENT_TYPE,
        "User-Agent": "xihu",
        "Connection": "close",
        SIGNATURE: signature(channel.secret, body, int(now.timestamp())),
    }
    try:
        status, answer = _posted(connect(host, port), parts.path or "/", body, headers)
    except (OSError, HTTPException):
        status, answer = 0, b""
    if not 200 <= status < 300:
        raise TransientError(
            "回调地址没有正常应答，稍后再试",
            "the webhook gave no answer of success: it is tried again",
        )
    return answer


def signature(secret: str, body: bytes, at: int) -> str:
    """HMAC-SHA-256 over the moment (seconds since 1970), a full stop, and the body.

    >>> signature("key", b"{}", 1)[:13]
    't=1,v1=1ba6b8'
    """
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, sha256).hexdigest()
    return f"t={at},v1={digest}"


def challenge(
    channel: NoticeChannel, source: str, now: datetime, connect: Connect = connect_outside
) -> None:
    """Ask a webhook for what only its owner could echo.

    Raises BadInput where it answers anything else than `{"challenge": …}` with what was sent.
    """
    token = secrets.token_urlsafe(24)
    body = cloud_event(token, "challenge", source, {"challenge": token})
    answer = send_event(channel, body, now, connect)
    try:
        said = orjson.loads(answer)
    except orjson.JSONDecodeError:
        said = None
    echo = said.get("challenge") if isinstance(said, dict) else None
    if not isinstance(echo, str) or not hmac.compare_digest(echo.encode(), token.encode()):
        raise BadInput(
            '回调地址没有原样返回 {"challenge": …}，未确认',
            'the webhook did not answer {"challenge": …} as it was sent: not confirmed',
        )


def cloud_event(
    id_: str, what: str, source: str, data: Mapping[str, object], subject: str = ""
) -> bytes:
    """An envelope of CloudEvents 1.0 in JSON; receivers drop repeats by its id."""
    said: dict[str, object] = {
        "specversion": "1.0",
        "id": id_,
        "source": source,
        "type": f"xihu.notice.{what}",
        "datacontenttype": "application/json",
        "data": data,
    }
    return orjson.dumps(said | ({"subject": subject} if subject else {}), default=str)


def _posted(
    connection: socket.socket, path: str, body: bytes, headers: dict[str, str]
) -> tuple[int, bytes]:
    http = HTTPConnection("", timeout=TIMEOUT_S)  # never connects by itself: it has a socket
    http.auto_open = 0
    http.sock = connection
    try:
        with _cut_off(connection):
            http.request("POST", path, body, headers)
            answer = http.getresponse()
            return answer.status, answer.read(ANSWER_LIMIT)
    finally:
        http.close()
        connection.close()
