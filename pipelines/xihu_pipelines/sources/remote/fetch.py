"""Fetches a contract's remote source into one file, which ingestion then reads."""

import os
from collections.abc import Callable
from pathlib import Path

from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.remote import Remote, RemoteKind
from xihu_pipelines.sources.remote.api import fetch_api
from xihu_pipelines.sources.remote.connections import Connection, find_connection
from xihu_pipelines.sources.remote.databases import fetch_database
from xihu_pipelines.sources.remote.fetched import Fetched
from xihu_pipelines.sources.remote.stores import fetch_file
from xihu_platform.errors import BadInput
from xihu_platform.extras import require
from xihu_platform.settings import RemoteSettings, Settings
from xihu_platform.words import Text

_Fetch = Callable[[Connection, Remote, RemoteSettings, Path, str | None], Fetched]
_FETCH: dict[RemoteKind, _Fetch] = {
    "postgresql": fetch_database,
    "mysql": fetch_database,
    "sqlite": fetch_database,
    "api": fetch_api,
    "sftp": fetch_file,
    "s3": fetch_file,
}

_LIBRARIES: dict[RemoteKind, str] = {
    "postgresql": "adbc_driver_postgresql",
    "mysql": "pymysql",
    "sqlite": "adbc_driver_sqlite",
    "api": "dlt",
    "sftp": "paramiko",
}
"""Of the extra `remote`."""


def fetch(
    settings: Settings, contract: Contract, folder: Path, *, cursor: str | None = None
) -> Fetched:
    """Fetch into `folder` what is newer than `cursor`; the new cursor is committed with the load.

    Raises BadInput for a source that is not allowed, NotFound for a connection the provider does
    not have, TransientError where trying again may help, TerminalError where it will not.
    """
    remote = contract.source.remote
    if remote is None:
        raise BadInput(
            f"{contract.dataset} 的文件由部门送来，不从远处取",
            f"{contract.dataset} is handed in as a file: there is nothing to fetch",
        )
    connection = find_connection(settings, remote.connection, contract.provider)
    _check_kind(connection, remote)
    if remote.kind in _LIBRARIES:
        require("remote", _LIBRARIES[remote.kind], Text("从远处取数", "fetching from elsewhere"))
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / contract.source.path
    part = target.with_name(f"{target.name}.part")
    try:
        fetched = _FETCH[remote.kind](connection, remote, settings.remote, part, cursor)
        _rename(part, target)
    finally:
        part.unlink(missing_ok=True)
    return Fetched(target, fetched.cursor, fetched.rows, fetched.notes)


def _check_kind(connection: Connection, remote: Remote) -> None:
    kinds = {"http", "https"} if remote.kind == "api" else {remote.kind}
    if connection.kind not in kinds:
        raise BadInput(
            f"连接 {connection.name} 是 {connection.kind}，契约却写 {remote.kind}",
            f"connection {connection.name} is {connection.kind}, the contract says {remote.kind}",
        )


def _rename(part: Path, target: Path) -> None:
    """Whole or not there at all, whatever happens to the power."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
