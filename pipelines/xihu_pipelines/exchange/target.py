"""The receiver's table: made and kept by the platform, changed in one transaction for each batch.

Beside the fields of the dataset it has `xihu_row`, which names a row from one batch to the next,
`xihu_digest` of what was sent, and `xihu_disputed` with the names of disputed fields. Its comment
names the exchange and the last batch: both are changed in the same transaction as the rows, so that
the receiver's own database says what has arrived.
"""

import re
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv

from xihu_catalog.exchange.records import Exchange
from xihu_pipelines.sources.remote.connections import (
    Connection,
    conninfo,
    said_without_secrets,
)
from xihu_pipelines.sources.remote.fetched import Allowance
from xihu_platform.errors import BadInput, Conflict
from xihu_platform.settings import Settings
from xihu_platform.sql import identifier, text_literal

COMMIT_S = 5.0
"""For the receiver to commit: this node waits for it with its own database locked."""
COLUMNS = 2_000
BLOCK = 10_000
"""Rows of which names and digests come as one text."""
ROW, DIGEST, DISPUTED = "xihu_row", "xihu_digest", "xihu_disputed"
OWN = (ROW, DIGEST, DISPUTED)
_COMMENT = re.compile(r"Xihu (\S+) batch ([0-9]{1,9})\b")
_RESERVED = frozenset(
    {
        *(*OWN, "_disputed", "file_row_number", "tableoid", "ctid"),
        *("xmin", "cmin", "xmax", "cmax"),
    }
)
"""Names that no field may have: PostgreSQL's own, and those that are beside the fields."""
_STAGED, _GONE = "xihu_staged", "xihu_gone"
_SIMPLE: tuple[tuple[Any, str], ...] = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_integer, "bigint"),
    (pa.types.is_floating, "double precision"),
    (pa.types.is_date, "date"),
    (pa.types.is_string, "text"),
)
"""Any: each predicate takes any type of Arrow."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a batch did in the table; numbers of rows."""

    rows: int
    repaired: int


def connection_of(exchange: Exchange, settings: Settings) -> Connection:
    """Raises BadInput where the requester has given no password."""
    if not exchange.password:
        raise BadInput(
            f"{exchange.number} 还没有口令，请需求部门在批量交换页面提交",
            f"{exchange.number} has no password yet: the requester gives it on its page",
        )
    return Connection(
        name=exchange.number,
        kind="postgresql",
        host=exchange.host,
        port=exchange.port,
        path=exchange.database,
        user=exchange.user,
        password=exchange.password,
        options={"sslmode": settings.exchange.tls},
        networks=settings.exchange.networks,
    )


class Target:
    """One session with the receiver's database, in one transaction until `commit`.

    A receiver that does not answer is hung up on: no wait is longer than a statement may take.
    """

    def __init__(self, exchange: Exchange, settings: Settings) -> None:
        self._exchange = exchange
        self._table = f"{identifier(exchange.schema)}.{identifier(exchange.table)}"
        self._connection = connection_of(exchange, settings)
        self._limit_mb = settings.remote.limit_mb
        self._wait_s = float(settings.remote.statement_timeout_s + settings.remote.timeout_s)
        info = conninfo(self._connection, settings.remote, writes=True)
        with said_without_secrets(self._connection):
            self._session = psycopg.connect(info)

    def close(self) -> None:
        """What was not committed is gone."""
        with suppress(psycopg.Error):
            self._session.close()

    def commit(self) -> None:
        with self._asking(COMMIT_S):
            self._session.commit()

    @contextmanager
    def _asking(self, seconds: float | None = None) -> Iterator[None]:
        """Hangs up on a receiver that takes longer."""
        timer = threading.Timer(seconds or self._wait_s, self._hang_up)
        timer.daemon = True
        timer.start()
        try:
            with said_without_secrets(self._connection):
                yield
        finally:
            timer.cancel()

    def _hang_up(self) -> None:
        with suppress(OSError, psycopg.Error):
            copy = socket.socket(fileno=socket.dup(self._session.fileno()))
            with copy:
                copy.shutdown(socket.SHUT_RDWR)

    def last_batch(self) -> int | None:
        """The number of the last batch that arrived; None where there is no table yet.

        Raises Conflict for a table that is not this exchange's.
        """
        found = self._rows(
            "SELECT left(obj_description(c.oid, 'pg_class'), 200) "
            "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
            f"ON n.oid = c.relnamespace WHERE n.nspname = {text_literal(self._exchange.schema)} "
            f"AND c.relname = {text_literal(self._exchange.table)}"
        )
        if not found:
            return None
        said = _COMMENT.search(str(found[0][0] or ""))
        if said is None or said[1] != self._exchange.number:
            raise Conflict(
                f"接收数据库中已有表 {self._exchange.schema}.{self._exchange.table}，"
                f"不是 {self._exchange.number} 建立的；请改用别的表名，或者由需求部门移走它",
                f"the receiving database has a table {self._exchange.schema}."
                f"{self._exchange.table} that {self._exchange.number} did not make: use another "
                "name, or let the requester move it away",
            )
        return int(said[2])

    def prepare(self, schema: pa.Schema) -> bool:
        """Make the table, or bring its columns in step with the fields that are sent; whether
        digests in it can be compared. Of a field that is sent no more the values go: its column
        stays, since views of the receiver may name it."""
        wanted = {one.name: _type(one) for one in schema}
        if odd := _RESERVED & {*schema.names[: -len(OWN)]}:
            raise BadInput(
                f"数据项 {'、'.join(sorted(odd))} 的名称不能用于接收表",
                f"a receiving table cannot have a field named {', '.join(sorted(odd))}",
            )
        if self.last_batch() is None:
            columns = ", ".join(f"{identifier(n)} {kind}" for n, kind in wanted.items())
            self._do(f"CREATE TABLE {self._table} ({columns}, PRIMARY KEY ({ROW}))")
            return False
        self._do(f"LOCK TABLE {self._table} IN SHARE ROW EXCLUSIVE MODE")
        there = self._columns()
        if not {ROW, DIGEST} <= there.keys() or not self._has_key():
            raise Conflict(
                f"接收数据库的表缺少 {ROW}、{DIGEST} 列或者主键，请需求部门删除该表后重新交换",
                f"the receiver's table lacks {ROW}, {DIGEST} or its primary key: let the requester "
                "drop it",
            )
        for name in there.keys() - wanted.keys():
            column = identifier(name)
            self._do(f"UPDATE {self._table} SET {column} = NULL WHERE {column} IS NOT NULL")
        for name, kind in wanted.items():
            column = identifier(name)
            if name not in there:
                self._do(f"ALTER TABLE {self._table} ADD COLUMN {column} {kind}")
            elif there[name] != kind:
                self._do(f"ALTER TABLE {self._table} ALTER COLUMN {column} TYPE {kind} USING NULL")
        return there.keys() >= wanted.keys()

    def _has_key(self) -> bool:
        found = self._rows(
            "SELECT 1 FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_attribute a "
            "ON a.attrelid = c.conrelid AND a.attnum = ALL (c.conkey) "
            f"WHERE c.conrelid = {text_literal(self._table)}::pg_catalog.regclass "
            f"AND c.contype = 'p' AND a.attname = {text_literal(ROW)}"
        )
        return bool(found)

    def known(self) -> Iterator[pa.RecordBatch]:
        """The row names and digests that the table has, in blocks. Raises BadInput for more than
        the limit of what is fetched from elsewhere."""
        allowance = Allowance(self._exchange.number, self._limit_mb)
        digest = f"coalesce(pg_catalog.left({DIGEST}, 32), '-')"
        said = f"pg_catalog.left({ROW}, 64) || ' ' || {digest} AS said"
        numbered = f"(pg_catalog.row_number() OVER () - 1) / {BLOCK} AS block"
        query = (
            f"SELECT pg_catalog.string_agg(said, E'\\n') FROM (SELECT {said}, "
            f"{numbered} FROM {self._table}) named GROUP BY block"
        )
        with self._session.cursor("xihu_known") as cursor:
            cursor.itersize = 1
            with self._asking():
                cursor.execute(query.encode())
            while True:
                with self._asking():
                    row = cursor.fetchone()
                if row is None:
                    return
                text = str(row[0]).encode()
                allowance.take(len(text))
                yield _named(text)

    def write(
        self, changed: pa.RecordBatchReader, gone: pa.RecordBatchReader, *, whole: bool
    ) -> Written:
        """Lay the changed rows over those of the same name and delete those that are gone.

        `whole`: `changed` has every row; each is compared value by value with the table's, and what
        differs or is not among them is repaired.
        """
        self._stage(_STAGED, changed)
        names = [identifier(name) for name in changed.schema.names]
        repaired = 0
        if whole:
            mine, theirs = (", ".join(f"{t}.{name}" for name in names) for t in ("t", "s"))
            same = f"s.{ROW} = t.{ROW} AND ROW({mine}) IS NOT DISTINCT FROM ROW({theirs})"
            repaired = self._do(
                f"DELETE FROM {self._table} t WHERE NOT EXISTS "
                f"(SELECT 1 FROM {_STAGED} s WHERE {same})"
            )
            missing = f"WHERE NOT EXISTS (SELECT 1 FROM {self._table} t WHERE t.{ROW} = s.{ROW})"
            self._insert(names, missing)
        else:
            self._stage(_GONE, gone)
            for staged in (_GONE, _STAGED):
                self._do(f"DELETE FROM {self._table} t USING {staged} s WHERE t.{ROW} = s.{ROW}")
            self._insert(names, "")
        self._do("SET CONSTRAINTS ALL IMMEDIATE")  # what the receiver does at a commit, it does now
        ((rows,),) = self._rows(f"SELECT pg_catalog.count(*) FROM {self._table}")
        return Written(int(rows), repaired)

    def note(self, batch: int, snapshot: int) -> None:
        """Say in the table's comment what it has with this transaction."""
        text = f"Xihu {self._exchange.number} batch {batch} snapshot {snapshot}"
        self._do(f"COMMENT ON TABLE {self._table} IS {text_literal(text)}")

    def _insert(self, names: Iterable[str], where: str) -> None:
        columns = ", ".join(names)
        self._do(f"INSERT INTO {self._table} ({columns}) SELECT {columns} FROM {_STAGED} s {where}")

    def _stage(self, name: str, rows: pa.RecordBatchReader) -> None:
        """A temporary table of the same types."""
        columns = ", ".join(f"{identifier(one.name)} {_type(one)}" for one in rows.schema)
        self._do(f"CREATE TEMP TABLE {name} ({columns}) ON COMMIT DROP")
        copied = f"COPY pg_temp.{name} FROM STDIN (FORMAT csv)".encode()
        with self._session.cursor() as cursor, self._asking(), cursor.copy(copied) as copy:
            for batch in rows:
                with self._asking():
                    copy.write(_csv(batch))

    def _columns(self) -> dict[str, str]:
        found = self._rows(
            "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) "
            "FROM pg_catalog.pg_attribute a "
            f"WHERE a.attrelid = {text_literal(self._table)}::pg_catalog.regclass "
            "AND a.attnum > 0 AND NOT a.attisdropped"
        )
        return {str(name): str(kind) for name, kind in found}

    def _do(self, statement: str) -> int:
        """How many rows it was about."""
        with self._asking(), self._session.cursor() as cursor:
            cursor.execute(statement.encode())
            return max(cursor.rowcount, 0)

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        # Any: of whatever types.
        with self._asking(), self._session.cursor() as cursor:
            return cursor.execute(f"{statement} LIMIT {COLUMNS}".encode()).fetchall()


def _csv(batch: pa.RecordBatch) -> bytes:
    """As COPY reads it: texts in quotes, nothing at all for what is unknown."""
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(batch, sink, pa_csv.WriteOptions(include_header=False))
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _named(text: bytes) -> pa.RecordBatch:
    """Names and digests of a block; a line that is none of ours has no digest."""
    options = pa_csv.ParseOptions(delimiter=" ", quote_char=False, invalid_row_handler=_skip)
    kinds = pa_csv.ConvertOptions(column_types={ROW: pa.string(), DIGEST: pa.string()})
    reading = pa_csv.ReadOptions(column_names=[ROW, DIGEST])
    table = pa_csv.read_csv(pa.BufferReader(text), reading, options, kinds)
    return table.combine_chunks().to_batches()[0] if table.num_rows else _NOTHING_NAMED


def _skip(_row: Any) -> str:
    # Any: pyarrow's own row.
    return "skip"


_NOTHING_NAMED = pa.RecordBatch.from_pylist(
    [], schema=pa.schema([(ROW, pa.string()), (DIGEST, pa.string())])
)


def _type(field: pa.Field) -> str:
    """PostgreSQL's type of a field, as it names it itself. Raises BadInput."""
    kind = field.type
    if pa.types.is_decimal(kind):
        return f"numeric({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        return f"timestamp {'with' if kind.tz else 'without'} time zone"
    for is_such, name in _SIMPLE:
        if is_such(kind):
            return name
    raise BadInput(
        f"字段 {field.name} 的类型 {kind} 不能批量交换",
        f"field {field.name} of type {kind} cannot be exchanged",
    )
