"""The remote source of a contract without a handed-in file: a database, an API or a store.

A contract names a connection of the operator's settings; it holds no address and no secret.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from xihu_catalog.contracts import odcs
from xihu_platform.errors import BadInput

RemoteKind = Literal["postgresql", "mysql", "sqlite", "api", "sftp", "s3"]
PagingKind = Literal["none", "page", "offset", "cursor", "link", "link_header"]
_DATABASES = {"postgresql", "mysql", "sqlite"}
_Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,62}$")]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Paging(BaseModel):
    """How an API hands out its pages.

    `page` and `offset` count; `cursor` sends back what stands at `at`; `link` follows the URL that
    stands at `at`, `link_header` that of the answer's Link header.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: PagingKind = "none"
    size: int = Field(100, ge=1, le=10_000)
    param: _Name | None = None
    size_param: _Name | None = Field(None, alias="sizeParam")
    first: int = Field(1, ge=0, le=1)
    total: _Name | None = None
    at: _Name | None = None


@dataclass(frozen=True, slots=True)
class Remote:
    """A remote source. Of a database `table` or `query` is given, of the others `path`."""

    kind: RemoteKind
    connection: str
    table: str | None = None
    query: str | None = None
    path: str = ""
    cursor_field: str | None = None
    cursor_param: str | None = None
    """The parameter an API takes the last cursor in."""
    records: str | None = None
    """Dotted names down to the array of records in an API's answer."""
    paging: Paging = Paging()


class _Declared(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)
    connection: _Word
    engine: str | None = None
    table: _Name | None = None
    query: str | None = Field(None, min_length=1, max_length=20_000)
    cursorField: _Name | None = None
    cursorParam: _Name | None = None
    recordPath: _Name | None = None
    paging: Paging = Paging()


def read_remote(server: odcs.OdcsServer, custom: dict[str, Any]) -> Remote | None:
    """The remote source of `servers[0]`, None where a file is handed in. Raises BadInput."""
    # Any: ODCS lets a custom property hold any type.
    if server.type == "local":
        return None
    try:
        declared = _Declared.model_validate(custom)
    except ValidationError as invalid:
        said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in invalid.errors())
        raise BadInput(
            f"servers[0]（{server.type}）的属性有误：{said}", f"servers[0] ({server.type}): {said}"
        ) from None
    # ODCS knows no type for SQLite: it is `custom` with `engine: sqlite`.
    kind = declared.engine if server.type == "custom" else server.type
    kind = "postgresql" if kind == "postgres" else kind
    if kind not in get_args(RemoteKind):
        raise BadInput(
            f"servers[0].type {server.type} 不受支持；可用 local、{'、'.join(get_args(RemoteKind))}"
            "（sqlite 写作 type: custom、engine: sqlite）",
            f"servers[0].type {server.type} is not supported: local, "
            f"{', '.join(get_args(RemoteKind))} (sqlite as type: custom, engine: sqlite)",
        )
    if kind in _DATABASES and (declared.table is None) == (declared.query is None):
        raise BadInput(
            "数据库来源须写 table 或 query 之一",
            "a database source needs `table` or `query`, one of them",
        )
    if kind == "api" and declared.cursorField and not declared.cursorParam:
        raise BadInput(
            "接口来源有 cursorField 时须写 cursorParam：以哪个参数送回游标",
            "an API with a cursorField needs cursorParam: the parameter the cursor goes back in",
        )
    path = "" if kind in _DATABASES else _path(server, declared.connection)
    return Remote(
        kind=kind,  # type: ignore[arg-type]  # it is in the list just above
        connection=declared.connection,
        table=declared.table,
        query=declared.query,
        path=path,
        cursor_field=declared.cursorField,
        cursor_param=declared.cursorParam,
        records=declared.recordPath,
        paging=declared.paging,
    )


def _path(server: odcs.OdcsServer, connection: str) -> str:
    """`location: connection://<name>/<path>`: a URI, as ODCS asks, that names no host."""
    location = str((server.model_extra or {}).get("location") or "")
    parts = urlsplit(location)
    path = unquote(parts.path).lstrip("/")
    odd = parts.scheme != "connection" or parts.netloc != connection or not path
    if odd or parts.query or ".." in path.split("/") or "\\" in path or "://" in path:
        raise BadInput(
            f"servers[0].location 应为 connection://{connection}/<路径>，不含参数和 ..",
            f"servers[0].location must read connection://{connection}/<path>, with no "
            "parameters and no ..",
        )
    return path


def fetched_file(
    server: odcs.OdcsServer, remote: Remote | None, custom: dict[str, Any], dataset: str
) -> tuple[str | None, str | None, dict[str, Any]]:
    """File name, format and habits of the one file that goes through ingestion."""
    # Any: ODCS lets a custom property hold any type.
    if remote is None:
        return server.path, server.format, custom
    if remote.kind in _DATABASES:
        return f"{dataset}.parquet", "parquet", {}
    if remote.kind == "api":
        return f"{dataset}.jsonl", "jsonl", {}
    return remote.path.rsplit("/", 1)[-1], server.format, custom
