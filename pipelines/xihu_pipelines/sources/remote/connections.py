"""Connections that the operator wrote into the settings, and how a database of one is opened.

A contract names a connection and never holds an address or a secret. Nothing of a connection's
URL stands in a message or a log.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import certifi

from xihu_pipelines.sources.remote.guard import Networks, resolve, resolve_exchange
from xihu_platform.errors import BadInput, NotFound, PlatformError, TerminalError, TransientError
from xihu_platform.settings import RemoteSettings, Settings, SourceSettings
from xihu_platform.words import Text

DATABASES = {"postgresql": 5432, "mysql": 3306, "sqlite": 0}
_PORTS = {**DATABASES, "http": 80, "https": 443, "sftp": 22, "s3": 443}
_SAME = {"postgres": "postgresql", "mariadb": "mysql"}
_OPTIONS = {"sslmode", "region", "scheme"}
"""URL parameters that mean something here; drivers know others that read files or run programs."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection. Its secrets are left out of its representation."""

    name: str
    kind: str
    host: str
    port: int
    path: str
    user: str = field(repr=False)
    password: str = field(repr=False)
    options: dict[str, str] = field(repr=False, default_factory=dict)
    token: str = field(repr=False, default="")
    private_key: str = field(repr=False, default="")
    host_key: str = ""
    inside: bool = False
    networks: Networks | None = field(repr=False, default=None)
    """Of a receiving database: the inside networks that it may be in."""

    def address(self) -> str:
        """The one address to connect to. Raises BadInput for an inside one."""
        if self.networks is not None:
            return resolve_exchange(self.host, self.port, networks=self.networks, name=self.name)
        return resolve(self.host, self.port, inside=self.inside, name=self.name)


def find_connection(settings: Settings, name: str, provider: str) -> Connection:
    """The connection a contract of `provider` names.

    Raises NotFound where there is none, BadInput where it is another department's: the two are
    told apart only to the department itself.
    """
    source = settings.sources.get(name.lower())
    if source is None or source.provider != provider:
        raise NotFound(
            f"提供方 {provider} 没有名为 {name} 的连接；请运维人员设置 "
            f"XIHU_SOURCES__{name.upper()}__…",
            f"provider {provider} has no connection {name}: the operator sets "
            f"XIHU_SOURCES__{name.upper()}__…",
        )
    return parse(name, source)


def parse(name: str, source: SourceSettings) -> Connection:
    """A setting as a connection. Raises BadInput, without the URL, where it is none."""
    return _parsed(
        name,
        source.url.get_secret_value(),
        password=_secret(source.password),
        token=_secret(source.token),
        private_key=_secret(source.private_key),
        host_key=source.host_key or "",
        inside=source.inside,
    )


def parse_url(url: str) -> Connection:
    """A URL that the operator typed: whoever has the shell may reach inside addresses."""
    return _parsed("URL", url, password="", inside=True)


def _secret(value: Any) -> str:
    # Any: a SecretStr or None.
    return value.get_secret_value() if value is not None else ""


def _parsed(name: str, url: str, *, password: str, inside: bool, **secrets: str) -> Connection:
    try:
        parts = urlsplit(url)
        port = parts.port
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        raise _bad(name) from None
    scheme = parts.scheme.split("+")[0]
    kind = _SAME.get(scheme, scheme)
    if (
        kind not in _PORTS
        or not set(options) <= _OPTIONS
        or (kind != "sqlite" and not parts.hostname)
    ):
        raise _bad(name)
    return Connection(
        name=name,
        kind=kind,
        host=parts.hostname or "",
        port=port or _PORTS[kind],
        path=unquote(parts.path),
        user=unquote(parts.username or ""),
        password=password or unquote(parts.password or ""),
        options=options,
        token=secrets.get("token", ""),
        private_key=secrets.get("private_key", ""),
        host_key=secrets.get("host_key", ""),
        inside=inside,
    )


def _bad(name: str) -> BadInput:
    kinds = ", ".join(_PORTS)
    known = ", ".join(sorted(_OPTIONS))
    return BadInput(
        f"连接 {name} 的地址不成立；应为 {kinds} 之一的 URL，参数只能有 {known}",
        f"the URL of connection {name} does not hold: one of {kinds}, with no parameter but "
        f"{known}",
    )


def conninfo(connection: Connection, remote: RemoteSettings, *, writes: bool = False) -> str:
    """What libpq connects with: a checked address, one session, a statement timeout. It only reads
    unless it `writes`."""
    # One snapshot for the newest cursor and the rows up to it.
    # Names mean the server's own functions, not those that a role is set to.
    settled = "-c search_path=pg_catalog "
    reads = "-c default_transaction_read_only=on "
    reads += "-c default_transaction_isolation=repeatable\\ read "
    values = {
        "host": connection.host,
        "hostaddr": connection.address(),
        "port": str(connection.port),
        "dbname": connection.path.strip("/"),
        "user": connection.user,
        "password": connection.password,
        "sslmode": connection.options.get("sslmode", "prefer"),
        "sslrootcert": str(remote.ca_file or _public_certificates(connection)),
        "connect_timeout": str(remote.timeout_s),
        "application_name": "xihu",
        # The operator's own password file is for the operator, not for a department.
        "passfile": os.devnull,
        # A server that is gone must not keep a session for ever.
        "tcp_user_timeout": str(remote.timeout_s * 1000),
        "client_encoding": "UTF8",
        "options": f"{settled if writes else reads}"
        f"-c statement_timeout={remote.statement_timeout_s * 1000} "
        "-c TimeZone=Asia/Shanghai -c DateStyle=ISO",
    }
    return " ".join(f"{key}={_quoted(value)}" for key, value in values.items() if value)


def _public_certificates(connection: Connection) -> str:
    """Those that HTTPS sources are checked against, where a certificate is to be checked."""
    checked = connection.options.get("sslmode") in {"verify-ca", "verify-full"}
    return certifi.where() if checked else ""


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def sqlite_file(connection: Connection, remote: RemoteSettings, *, typed: bool = False) -> Path:
    """The file of a sqlite connection, inside the operator's folder.

    `typed`: the operator typed its path, and may open whatever the operator may open.
    """
    named = connection.path[1:] if connection.path.startswith("/") else connection.path
    if typed:
        path = Path(named).resolve()
    elif remote.sqlite_dir is None:
        raise BadInput(
            f"连接 {connection.name} 是 sqlite，须先设置 XIHU_REMOTE__SQLITE_DIR",
            f"connection {connection.name} is sqlite: XIHU_REMOTE__SQLITE_DIR must be set first",
        )
    else:
        folder = remote.sqlite_dir.resolve()
        path = (folder / named.lstrip("/")).resolve()  # links are followed before the check
        if not path.is_relative_to(folder):
            raise BadInput(
                f"连接 {connection.name} 的文件不在 XIHU_REMOTE__SQLITE_DIR 之内",
                f"the file of connection {connection.name} lies outside XIHU_REMOTE__SQLITE_DIR",
            )
    if not path.is_file():
        raise NotFound(
            f"连接 {connection.name} 的数据库文件不存在：sqlite:/// 之后写的是它在 "
            "XIHU_REMOTE__SQLITE_DIR 中的路径",
            f"the database file of connection {connection.name} is not there: what follows "
            "sqlite:/// is its path in XIHU_REMOTE__SQLITE_DIR",
        )
    return path


def sqlite_uri(path: Path) -> str:
    return f"file:{quote(str(path))}?mode=ro"


def connect_mysql(connection: Connection, remote: RemoteSettings) -> Any:
    """A read-only session of pymysql, which never sends a local file. Any: it has no types."""
    import pymysql

    made = pymysql.connect(
        host=connection.address(),
        port=connection.port,
        user=connection.user,
        password=connection.password,
        database=connection.path.strip("/"),
        connect_timeout=remote.timeout_s,
        read_timeout=remote.statement_timeout_s,
        charset="utf8mb4",
        local_infile=False,
        init_command="SET SESSION TRANSACTION READ ONLY",
    )
    with made.cursor() as cursor:
        cursor.execute("SET SESSION time_zone = '+08:00'")
        for limit in (  # MySQL's name and MariaDB's: each knows only its own
            f"SET SESSION max_execution_time = {remote.statement_timeout_s * 1000}",
            f"SET SESSION max_statement_time = {remote.statement_timeout_s}",
        ):
            with suppress(pymysql.OperationalError):
                cursor.execute(limit)
        cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    return made


# What a driver may be quoted with: these say what is wrong and hold no value of a row. Anything
# else (“invalid input syntax for type integer: "…"”) is told by its kind and code alone.
_QUOTABLE = re.compile(
    r'(relation|table|column|schema|database|role) "?[\w.$]{1,128}"? does not exist'
    r"|no such (table|column): [\w.]{1,128}"
    r"|(permission|access) denied for (table|relation|schema|view|sequence) [\w.$\"]{1,128}"
    r"|Unknown (column|database) '[\w.$]{1,128}'|Table '[\w.$]{1,128}' doesn't exist"
    r"|cannot execute \S+(?: \S+)? in a read-only transaction|READ ONLY transaction"
    r"|canceling statement due to \w+ timeout|maximum statement execution time exceeded"
    r"|invalid input syntax for type [a-z ]{1,40}|division by zero|out of range|syntax error"
    r"|(password|SCRAM) authentication failed|Access denied for user|no password supplied"
    r"|[Cc]onnection refused|could not connect|[Tt]imed? ?out|server closed the connection"
    r"|root certificate file|certificate verify failed|host key|[Aa]uthentication failed"
    r"|No such file|Permission denied"
    r"|ACCESS_DENIED|NoSuchKey|NO_SUCH_BUCKET|Path does not exist|Name or service not known",
)
_PASSING = re.compile(
    "[Cc]onnection refused|could not connect|server closed the connection|[Tt]imed? ?out$"
    "|Name or service not known"
)


def connection_fault(connection: Connection, error: Exception) -> PlatformError:
    """A driver's error in our words: no secret, no value of a row, no cause to print.

    A connection that breaks may be tried again; a statement that is refused may not.
    """
    said = without_secrets(connection, _telling(error))
    kind = TransientError if _passing(error) else TerminalError
    return kind(
        f"从连接 {connection.name} 取数失败：{said}",
        f"fetching from connection {connection.name} failed: {said}",
    )


def status_fault(connection: Connection, status: int) -> PlatformError:
    """Of an answer of HTTP that is none of 2xx."""
    passing = status in {408, 425, 429} or status >= 500
    kind = TransientError if passing else TerminalError
    hint = Text("请稍后再试，或核对路径", "try again later, or check the path")
    if status in {401, 403}:
        hint = Text("没有权限，请核对令牌", "not allowed: check the token")
    elif status < 400:
        hint = Text("要求转向，没有跟随", "a redirect, which is not followed")
    return kind(
        f"连接 {connection.name} 的接口答复 {status}：{hint.zh}",
        f"the API of connection {connection.name} answered {status}: {hint.en}",
    )


@contextmanager
def said_without_secrets(connection: Connection) -> Iterator[None]:
    """Errors of the drivers inside become ours."""
    try:
        yield
    except PlatformError:
        raise
    except Exception as error:  # each driver has a tree of its own
        raise connection_fault(connection, error) from None


def _telling(error: Exception) -> str:
    """The kind of error, its code, and what of the message may be quoted."""
    original = getattr(error, "orig", None) or error
    state = getattr(original, "sqlstate", None)
    number = original.args[0] if original.args and isinstance(original.args[0], int) else None
    quoted = _QUOTABLE.search(str(original))
    parts = (type(original).__name__, state or number, quoted[0] if quoted else None)
    return " ".join(str(part) for part in parts if part)


def without_secrets(connection: Connection, text: str) -> str:
    """The first lines of a driver's message, without anything the settings keep secret."""
    line = "".join(one for one in " ".join(text.split())[:300] if one.isprintable())
    secrets = (connection.password, connection.token, connection.private_key, connection.user)
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        for form in (secret, quote(secret, safe="")):
            line = line.replace(form, "***")
    return line


def _passing(error: Exception) -> bool:
    original = getattr(error, "orig", None) or error
    state = str(getattr(original, "sqlstate", None) or "")
    # pyarrow raises a plain OSError for whatever went wrong in a stream: that proves nothing.
    network = isinstance(original, ConnectionError | TimeoutError)
    busy = state[:2] in {"08", "53"} or state in {"57P01", "57P02", "57P03"}
    return network or busy or _PASSING.search(str(original)) is not None
