"""Tables of PostgreSQL, SQLite and MySQL as one Parquet file of texts, in constant memory.

All of it happens in one read-only transaction, so that rows and cursor belong together. Values
come as the database writes them as text: no number passes through a float.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xihu_catalog.contracts.remote import Remote
from xihu_pipelines.sources.remote.connections import (
    Connection,
    connect_mysql,
    conninfo,
    said_without_secrets,
    sqlite_file,
    sqlite_uri,
)
from xihu_pipelines.sources.remote.fetched import Allowance, Fetched, check_cursor
from xihu_pipelines.sources.remote.select import (
    DIALECTS,
    inner_query,
    names_sql,
    newest_sql,
    rows_sql,
)
from xihu_platform.errors import BadInput
from xihu_platform.settings import RemoteSettings

_ROWS = 20_000  # rows of one batch from a driver that knows no Arrow
# Any: DB-API connections and cursors have no common type.
_Open = Callable[[Connection, RemoteSettings], Any]


def fetch_database(
    connection: Connection,
    remote: Remote,
    limits: RemoteSettings,
    target: Path,
    cursor: str | None,
) -> Fetched:
    """Raises BadInput for a query that is not allowed or a cursor field that is not there."""
    inner, dialect = inner_query(remote), DIALECTS[remote.kind]
    after = check_cursor(cursor)
    with (
        said_without_secrets(connection),
        closing(_OPEN[remote.kind](connection, limits)) as session,
    ):
        columns = _columns(session, names_sql(inner, dialect))
        newest = after
        if remote.cursor_field is not None:
            _check_field(remote.cursor_field, [name for name, _ in columns])
            found = _one(session, newest_sql(inner, dialect, remote.cursor_field, after))
            newest = check_cursor(found) or after
        sql = rows_sql(
            inner,
            dialect,
            columns,
            cursor_field=remote.cursor_field,
            after=after,
            up_to=newest,
        )
        names = [name for name, _ in columns]
        allowance = Allowance(connection.name, limits.limit_mb)
        rows = _write(_batches(session, sql, names), names, target, allowance)
    return Fetched(target, newest, rows, {"source": remote.kind, "rows_fetched": rows})


def _postgresql(connection: Connection, limits: RemoteSettings) -> Any:
    from adbc_driver_postgresql import dbapi

    return dbapi.connect(conninfo(connection, limits))


def _sqlite(connection: Connection, limits: RemoteSettings) -> Any:
    from adbc_driver_sqlite import dbapi

    return dbapi.connect(sqlite_uri(sqlite_file(connection, limits)))


_OPEN: dict[str, _Open] = {
    "postgresql": _postgresql,
    "sqlite": _sqlite,
    "mysql": connect_mysql,
}


def _columns(session: Any, sql: str) -> list[tuple[str, bool]]:
    """The columns' names, and whether each is a time with a zone."""
    with closing(session.cursor()) as cursor:
        cursor.execute(sql)
        if hasattr(cursor, "fetch_record_batch"):
            schema = cursor.fetch_record_batch().schema
            return [
                (f.name, pa.types.is_timestamp(f.type) and f.type.tz is not None) for f in schema
            ]
        return [(str(entry[0]), False) for entry in cursor.description]


def _check_field(field: str, names: list[str]) -> None:
    if field not in names:
        raise BadInput(
            f"cursorField {field} 不在查询的列中：{'、'.join(names)}",
            f"cursorField {field} is none of the columns {', '.join(names)}",
        )


def _one(session: Any, sql: str) -> str | None:
    with closing(session.cursor()) as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
        return None if row is None or row[0] is None else str(row[0])


def _batches(session: Any, sql: str, names: list[str]) -> Iterator[pa.RecordBatch]:
    schema = pa.schema([(name, pa.string()) for name in names])
    with closing(_streaming(session)) as cursor:
        cursor.execute(sql)
        if hasattr(cursor, "fetch_record_batch"):
            for batch in cursor.fetch_record_batch():
                yield batch.cast(schema)
            return
        while rows := cursor.fetchmany(_ROWS):
            arrays = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _streaming(session: Any) -> Any:
    """pymysql's ordinary cursor would hold the whole answer."""
    if type(session).__module__.startswith("pymysql"):
        from pymysql.cursors import SSCursor

        return session.cursor(SSCursor)
    return session.cursor()


def _write(
    batches: Iterator[pa.RecordBatch], names: list[str], target: Path, allowance: Allowance
) -> int:
    schema = pa.schema([(name, pa.string()) for name in names])
    rows = 0
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for batch in batches:
            allowance.take(batch.nbytes)
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows
