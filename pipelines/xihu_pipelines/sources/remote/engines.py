"""SQLAlchemy engines to look at a whole database: read-only, and with no secret in their URL."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import QueuePool

from xihu_pipelines.sources.remote.connections import (
    Connection,
    connect_mysql,
    conninfo,
    sqlite_file,
    sqlite_uri,
)
from xihu_platform.errors import BadInput
from xihu_platform.extras import require
from xihu_platform.settings import RemoteSettings
from xihu_platform.words import Text

CONNECTIONS = 2


@contextmanager
def opened_engine(
    connection: Connection, remote: RemoteSettings, *, typed: bool
) -> Iterator[Engine]:
    """Raises BadInput for a connection that is no database."""
    engine = _open(connection, remote, typed=typed)
    try:
        yield engine
    finally:
        engine.dispose()


def _open(connection: Connection, remote: RemoteSettings, *, typed: bool) -> Engine:
    if connection.kind == "postgresql":
        import psycopg

        info = conninfo(connection, remote)
        return _engine("postgresql+psycopg", lambda: psycopg.connect(info))
    if connection.kind == "mysql":
        require("remote", "pymysql", Text("普查 MySQL 数据库", "scanning a MySQL database"))
        return _engine("mysql+pymysql", lambda: connect_mysql(connection, remote))
    if connection.kind == "sqlite":
        uri = sqlite_uri(sqlite_file(connection, remote, typed=typed))
        return _engine("sqlite", lambda: sqlite3.connect(uri, uri=True, check_same_thread=False))
    raise BadInput(
        f"连接 {connection.name} 不是数据库，不能普查",
        f"connection {connection.name} is no database and cannot be scanned",
    )


def _engine(dialect: str, connect: Callable[[], Any]) -> Engine:
    """The creator holds the secrets; the engine's own URL, which errors print, holds nothing."""
    # Any: each driver has a connection of its own kind.
    return create_engine(
        f"{dialect}://", creator=connect, poolclass=QueuePool, pool_size=CONNECTIONS
    )
