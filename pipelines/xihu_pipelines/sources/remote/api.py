"""An HTTP API's records as JSON lines; dlt's REST client turns the pages, whatever their kind."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import orjson

from xihu_catalog.contracts.remote import Paging, Remote
from xihu_pipelines.sources.remote.connections import (
    Connection,
    connection_fault,
    status_fault,
)
from xihu_pipelines.sources.remote.fetched import Fetched, check_cursor
from xihu_pipelines.sources.remote.pinned import open_session
from xihu_platform.errors import BadInput, PlatformError
from xihu_platform.settings import RemoteSettings
from xihu_platform.sql import text_literal

_PAGES = 100_000  # an API that never ends its pages is broken


def fetch_api(
    connection: Connection,
    remote: Remote,
    limits: RemoteSettings,
    target: Path,
    cursor: str | None,
) -> Fetched:
    """Raises BadInput where an answer is not JSON or holds no array where the contract says."""
    after = check_cursor(cursor)
    rows = pages = 0
    with target.open("wb") as file:
        for answer in _answers(connection, remote, limits, after):
            records = _records(connection, remote, answer)
            if not records:
                break
            file.write(b"\n".join(map(orjson.dumps, records)) + b"\n")
            rows += len(records)
            pages += 1
    newest = after
    if remote.cursor_field is not None and rows:
        newest = check_cursor(_newest(target, remote.cursor_field)) or after
    notes: dict[str, str | int] = {"source": "api", "pages": pages, "rows_fetched": rows}
    return Fetched(target, newest, rows, notes)


def _answers(
    connection: Connection, remote: Remote, limits: RemoteSettings, after: str | None
) -> Iterator[str]:
    from dlt.common.configuration.specs.runtime_configuration import RuntimeConfiguration
    from dlt.sources.helpers.rest_client.client import RESTClient

    session = open_session(connection, limits)
    paging = remote.paging
    params: dict[str, Any] = {}  # Any: dlt's own type
    if paging.kind != "offset" and paging.size_param:
        params[paging.size_param] = paging.size
    if after is not None and remote.cursor_param:
        params[remote.cursor_param] = after
    default = {"http": 80, "https": 443}[connection.kind]
    host = f"[{connection.host}]" if ":" in connection.host else connection.host
    port = "" if connection.port == default else f":{connection.port}"
    base = f"{connection.kind}://{host}{port}{connection.path}"
    # The configuration is handed over: else dlt would look for one in files around it.
    client = RESTClient(base, session=session, config=RuntimeConfiguration())
    try:
        pages = client.paginate(
            remote.path,
            params=params,
            paginator=_paginator(paging),
            data_selector=remote.records,
            allow_redirects=False,
            hooks={"response": [_refuse_failure(connection)]},
        )
        for number, page in enumerate(pages, 1):
            if number > _PAGES:
                raise BadInput(
                    f"连接 {connection.name} 超过 {_PAGES:,} 页仍未结束，请核对 paging",
                    f"connection {connection.name} does not end after {_PAGES:,} pages: check "
                    "`paging`",
                )
            yield page.response.text
    except PlatformError:
        raise
    except Exception as error:  # requests, dlt and jsonpath each raise their own
        raise connection_fault(connection, error) from None
    finally:
        session.close()


def _refuse_failure(connection: Connection) -> Any:
    """Any: a hook of requests."""

    def check(response: Any, *_args: object, **_kwargs: object) -> None:
        status = int(response.status_code)
        if status >= 300:
            raise status_fault(connection, status)

    return check


def _paginator(paging: Paging) -> Any:
    """dlt's own class for each kind. Any: dlt's base class is loaded where it is used."""
    from dlt.sources.helpers.rest_client import paginators as dlt

    if paging.kind == "page":
        return dlt.PageNumberPaginator(
            base_page=paging.first, page_param=paging.param or "page", total_path=paging.total
        )
    if paging.kind == "offset":
        return dlt.OffsetPaginator(
            limit=paging.size,
            offset_param=paging.param or "offset",
            limit_param=paging.size_param or "limit",
            total_path=paging.total,
        )
    if paging.kind == "cursor":
        return dlt.JSONResponseCursorPaginator(
            cursor_path=paging.at or "next", cursor_param=paging.param or "cursor"
        )
    if paging.kind == "link":
        return dlt.JSONLinkPaginator(next_url_path=paging.at or "next")
    if paging.kind == "link_header":
        return dlt.HeaderLinkPaginator(links_next_key=paging.at or "next")
    return dlt.SinglePagePaginator()


def _records(connection: Connection, remote: Remote, answer: str) -> list[dict[str, Any]]:
    """The objects of one answer. Numbers stay the text they are: 0.10 is not 0.1.

    Gateways of the province put JSON into a string of JSON: it is read as what it holds.
    """
    # Any: this is JSON.
    try:
        found = json.loads(answer, parse_float=str, parse_int=str)
        for step in (remote.records or "").split("."):
            found = found[step] if step else found
        if isinstance(found, str):
            found = json.loads(found, parse_float=str, parse_int=str)
    except (ValueError, KeyError, TypeError, RecursionError):
        found = None
    if not isinstance(found, list):
        where = remote.records or "最外层"
        raise BadInput(
            f"连接 {connection.name} 的答复中 {where} 没有对象数组，请核对 recordPath",
            f"the answer of connection {connection.name} holds no array at "
            f"{remote.records or 'the top'}: check recordPath",
        )
    return found


def _newest(path: Path, field: str) -> str | None:
    """The largest cursor: by number where all are numbers, else by text, as ISO times sort."""
    pointer = text_literal("/" + field.replace("~", "~0").replace("/", "~1"))
    with duckdb.connect(config={"threads": 1}) as connection:
        row = connection.execute(
            "SELECT CASE WHEN bool_and(regexp_full_match(v, '[0-9]{1,18}')) "
            "THEN CAST(max(TRY_CAST(v AS BIGINT)) AS VARCHAR) ELSE max(v) END FROM "
            f"(SELECT json ->> {pointer} AS v FROM read_json_objects(?, "
            "format = 'newline_delimited')) WHERE v IS NOT NULL",
            [str(path)],
        ).fetchone()
    return str(row[0]) if row and row[0] is not None else None
