"""Contracts with remote sources, settings that allow loopback, and servers on loopback."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb
import yaml
from pydantic import SecretStr

from tests import contracts
from tests.contracts import field, properties
from xihu_catalog.contracts.model import Contract
from xihu_platform.settings import RemoteSettings, Settings, SourceSettings
from xihu_platform.sql import text_literal

PROVIDER = "113399001001000094"
OTHER = "11339900100101378G"
FIELDS = [field("number", grade="L2", key=True, sourceColumn="id")]


def contract(server: str, *, owner: str = PROVIDER, **custom: object) -> Contract:
    """`server` is flow YAML of servers[0]; `custom` its custom properties."""
    given = yaml.safe_load(f"{{{server}}}") | {"customProperties": properties(custom)}
    intake = {"server": "intake", **given}
    return contracts.contract(
        "ga_remote", FIELDS, mode="", provider=owner, server=intake, domain="population"
    )


def settings(
    tmp_path: Path,
    url: str,
    *,
    inside: bool = True,
    provider: str = PROVIDER,
    limits: RemoteSettings | None = None,
    password: str | None = None,
    token: str | None = None,
    host_key: str | None = None,
) -> Settings:
    """Settings with one connection, `bureau`."""
    source = SourceSettings(
        url=SecretStr(url),
        provider=provider,
        inside=inside,
        password=SecretStr(password) if password else None,
        token=SecretStr(token) if token else None,
        host_key=host_key,
    )
    return Settings(
        data_dir=tmp_path / "data",
        sources={"bureau": source},
        remote=limits or RemoteSettings(timeout_s=5),
    )


def rows(path: Path) -> list[tuple[object, ...]]:
    """A landed Parquet file's rows."""
    sql = f"SELECT * FROM read_parquet({text_literal(str(path))}) ORDER BY ALL"
    with duckdb.connect() as connection:
        return [tuple(row) for row in connection.execute(sql).fetchall()]


Answer = tuple[int, dict[str, str], bytes]


@contextmanager
def http_server(
    answer: Callable[[str, dict[str, str]], Answer], tls: ssl.SSLContext | None = None
) -> Iterator[int]:
    """A server on loopback; `answer` gets path with query, and the headers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answer(
                self.path, {name.title(): value for name, value in self.headers.items()}
            )
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
