"""One file from an SFTP server or an object store, byte for byte."""

import base64
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import StringIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from xihu_catalog.contracts.remote import Remote
from xihu_pipelines.sources.remote.connections import Connection, connection_fault
from xihu_pipelines.sources.remote.fetched import Allowance, Fetched
from xihu_platform.errors import BadInput, PlatformError
from xihu_platform.settings import RemoteSettings

if TYPE_CHECKING:
    import paramiko

_BLOCK = 1 << 20


def fetch_file(
    connection: Connection,
    remote: Remote,
    limits: RemoteSettings,
    target: Path,
    cursor: str | None,
) -> Fetched:
    """The whole file each time: loading the same bytes twice changes nothing."""
    opened = _sftp if remote.kind == "sftp" else _s3
    try:
        with opened(connection, remote, limits) as source, target.open("wb") as file:
            size = _copy(source, file, Allowance(connection.name, limits.limit_mb))
    except PlatformError:
        raise
    except Exception as error:  # paramiko, pyarrow and sockets each raise their own
        raise connection_fault(connection, error) from None
    return Fetched(target, cursor, None, {"source": remote.kind, "bytes_fetched": size})


def _copy(source: IO[bytes], target: IO[bytes], allowance: Allowance) -> int:
    size = 0
    while block := source.read(_BLOCK):
        allowance.take(len(block))
        size += target.write(block)
    return size


@contextmanager
def _sftp(connection: Connection, remote: Remote, limits: RemoteSettings) -> Iterator[IO[bytes]]:
    """The server must show the key the operator wrote down: a name alone proves nothing."""
    import paramiko

    expected = _host_key(connection)
    address = (connection.address(), connection.port)
    stream = socket.create_connection(address, timeout=limits.timeout_s)
    with closing(stream), closing(paramiko.Transport(stream)) as transport:
        transport.connect(
            hostkey=expected,
            username=connection.user,
            password=None if connection.private_key else connection.password,
            pkey=_private_key(connection),
        )
        client = paramiko.SFTPClient.from_transport(transport)
        if client is None:
            raise OSError("no SFTP channel")
        channel = client.get_channel()
        if channel is not None:
            channel.settimeout(limits.timeout_s)
        path = f"{connection.path.rstrip('/')}/{remote.path}"
        with closing(client), client.open(path, "rb") as file:
            file.prefetch(client.stat(path).st_size or 0)
            yield file  # type: ignore[misc]  # paramiko's file reads bytes


def _host_key(connection: Connection) -> "paramiko.PKey":
    import paramiko
    from paramiko.pkey import UnknownKeyType

    words = connection.host_key.split()
    if len(words) < 2:
        raise BadInput(
            f"连接 {connection.name} 缺少 HOST_KEY（服务器公钥），不连接身份不明的服务器",
            f"connection {connection.name} has no HOST_KEY: a server nobody vouches for is not "
            "connected to",
        )
    kind, key = words[-2:] if len(words) == 3 else words[:2]
    try:
        return paramiko.PKey.from_type_string(kind, base64.b64decode(key))
    except (paramiko.SSHException, UnknownKeyType, ValueError):
        raise BadInput(
            f"连接 {connection.name} 的 HOST_KEY 读不懂，应为 ssh-keyscan 打印的类型与公钥",
            f"HOST_KEY of connection {connection.name} cannot be read: kind and key, as "
            "ssh-keyscan prints them",
        ) from None


def _private_key(connection: Connection) -> "paramiko.PKey | None":
    import paramiko

    if not connection.private_key:
        return None
    kinds = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
    for kind in kinds:
        try:
            return kind.from_private_key(StringIO(connection.private_key))
        except (paramiko.SSHException, ValueError):
            continue
    raise BadInput(
        f"连接 {connection.name} 的 PRIVATE_KEY 读不懂，应为没有口令的 PEM",
        f"PRIVATE_KEY of connection {connection.name} cannot be read: PEM without a passphrase",
    )


@contextmanager
def _s3(connection: Connection, remote: Remote, limits: RemoteSettings) -> Iterator[IO[bytes]]:
    """Path style at the operator's endpoint; the name is checked, the library resolves it again.

    The endpoint is the operator's own word, so a rebinding of its name needs the operator's DNS.
    """
    from pyarrow import fs

    connection.address()
    bucket = connection.path.strip("/")
    store = fs.S3FileSystem(
        access_key=connection.user or None,
        secret_key=connection.password or None,
        anonymous=not connection.user,
        endpoint_override=f"{connection.host}:{connection.port}",
        scheme=connection.options.get("scheme", "https"),
        region=connection.options.get("region", "us-east-1"),
        connect_timeout=limits.timeout_s,
        request_timeout=limits.timeout_s,
        tls_ca_file_path=str(limits.ca_file) if limits.ca_file else None,
    )
    with store.open_input_stream(f"{bucket}/{remote.path}") as source:
        yield source
