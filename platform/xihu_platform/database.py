"""The application database: catalogue, people, grants, the log. SQLite embedded, PostgreSQL at
scale, one schema for both."""

import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    ExceptionContext,
    PoolProxiedConnection,
    Table,
    TypeDecorator,
    UpdateBase,
    create_engine,
    event,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session

from xihu_platform.errors import BadInput, TransientError

DECIDES = {"decides": frozenset({"insert", "update", "delete"})}
"""`info` of a table that decisions rest on: every change raises `policy_version`."""
ENDS = {"decides": frozenset({"delete"})}
"""The same for one where only a row's end takes anything away."""
_TAKES_NOTHING = "xihu_takes_nothing"
TAKES_NOTHING = {_TAKES_NOTHING: True}
"""`execution_options` of a statement that only removes rows which no decision would find any more,
as those that have expired: what was worked out without them stays true."""


CONNECTIONS = 25
"""Of SQLite, kept; twice as many at once: as many as the threads that answer requests. With fewer,
whoever reads would wait for a connection behind those who wait for their turn to write."""
PAGES_KB = 512
"""Of the file that a connection of SQLite keeps: whatever another one writes makes them worthless,
and there are many connections. The system has the file's pages once for all."""
BUSY_S = 10
"""How long a writer waits for others to end, before SQLite gives up."""


class Base(DeclarativeBase):
    """All tables of ours, in whichever room they are declared."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time; SQLite would lose the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone was handed to the database")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        # SQLite hands back a naive datetime, PostgreSQL an aware one.
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def open_database(url: str) -> Engine:
    """An engine whose commits are durable: SQLite in WAL mode with full synchronisation."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    # The values of a statement stand in no message and no log.
    pool: dict[str, Any] = {"pool_pre_ping": not url.startswith("sqlite")}  # Any: each its own type
    if url.startswith("sqlite:///"):
        pool |= {"pool_size": CONNECTIONS, "max_overflow": CONNECTIONS}
    engine = create_engine(url, **pool, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_pragmas)
        turns = _Turns()
        event.listen(engine, "before_execute", turns.before_change)
        for end in ("checkin", "invalidate"):  # one that was lost never comes back
            event.listen(engine, end, turns.give_back)
        _TURNS[engine] = turns
    event.listen(engine, "before_execute", _raise_policy_version)
    event.listen(engine, "handle_error", _say_what_cannot_be_stored)
    return engine


def _say_what_cannot_be_stored(context: ExceptionContext) -> None:
    """PostgreSQL takes no text with a NUL, wherever a request had it. Raises BadInput."""
    if "NUL (0x00)" in str(context.original_exception):
        raise BadInput(
            "请求中有无法保存的字符（NUL），请去掉后再试",
            "the request has a character that cannot be stored (NUL): take it out and try again",
        )


def _raise_policy_version(
    connection: Connection,
    statement: object,
    _multiparams: object,
    _params: object,
    execution_options: Mapping[str, object],
) -> None:
    """In the transaction of the change, whoever writes it: no writer can forget to.

    Before the change, so that two transactions take the locks of PostgreSQL in one order.
    """
    if isinstance(statement, UpdateBase) and not execution_options.get(_TAKES_NOTHING):
        info = statement.table.info if isinstance(statement.table, Table) else {}
        if statement.__visit_name__ in info.get("decides", ()):
            connection.exec_driver_sql("UPDATE policy_version SET number = number + 1")


def _sqlite_pragmas(connection: Any, _record: object) -> None:
    # Any: a DBAPI connection has no type of its own.
    cursor = connection.cursor()
    busy = f"busy_timeout={1000 * BUSY_S}"
    pages = f"cache_size=-{PAGES_KB}"
    safe = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")
    for pragma in (*safe, busy, pages):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


class _Turns:
    """One thread of a process after the other writes into its SQLite file, as they come.

    Whoever meets SQLite's own lock sleeps and looks again, longer each time, up to a tenth of a
    second: of many who wait, some wait for many seconds. Here the next one goes on at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._line: deque[threading.Event] = deque()
        """Whose turn it is, then those who wait for theirs."""
        self._since = 0.0
        """When the turn was taken that lasts now."""

    def before_change(self, connection: Connection, statement: object, *_: object) -> None:
        if isinstance(statement, UpdateBase):
            self.take(connection.info)

    def take(self, info: dict[Any, Any]) -> None:
        """Until the connection goes back to the pool, once it is committed or rolled back.

        However long the line, it moves. Where a turn lasts as long as SQLite itself would wait,
        those behind it leave the line and are left to SQLite, for the whole of their transaction:
        waiting for a turn with SQLite's lock would stop whoever has the turn.
        """
        if _TURN in info:
            return
        info[_TURN] = mine = threading.Event()
        with self._lock:
            self._line.append(mine)
            if self._line[0] is mine:
                self._begin()
        while not mine.wait(max(0.0, self._since + BUSY_S - time.monotonic())):
            with self._lock:
                if not mine.is_set() and time.monotonic() >= self._since + BUSY_S:
                    self._line.remove(mine)
                    return

    def give_back(self, _connection: object, record: Any, *_: object) -> None:
        # Any: the pool's record of a connection has no public type that holds `info` for both.
        mine = record.info.pop(_TURN, None)
        with self._lock:
            if mine is not None and mine in self._line:  # and not left to SQLite
                self._line.remove(mine)
                if mine.is_set() and self._line:
                    self._begin()

    def _begin(self) -> None:
        self._since = time.monotonic()
        self._line[0].set()

    def taken(self) -> bool:
        return bool(self._line)


_TURN = "xihu_turn"
_TURNS: "WeakKeyDictionary[Engine, _Turns]" = WeakKeyDictionary()


def take_turn(engine: Engine, connection: PoolProxiedConnection) -> None:
    """Before a change by a connection of the driver itself, as before every other change."""
    turns = _TURNS.get(engine)
    if turns is not None:
        turns.take(connection.info)


class KeptConnection:
    """A driver's connection of its own, for one short question that is asked for every answer.

    4 microseconds on SQLite, where a connection of the pool costs 11 and SQLAlchemy 40.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._connection: Any = None  # a DBAPI connection has no type of its own

    def ask(self, statement: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows, as the database has them at this moment. Any: of whatever types.

        Raises TransientError where the database does not answer.
        """
        with self._lock:
            if self._connection is not None:
                try:
                    return self._ask(statement, parameters)
                except Exception:  # the server was started again: once more, on a new connection
                    self._close()
            try:
                self._connection = self._connect()
                return self._ask(statement, parameters)
            except (DBAPIError, self._engine.dialect.loaded_dbapi.Error):
                self._close()
                raise TransientError(
                    "数据库暂时没有应答（可能被其他程序锁住），请稍后重试",
                    "the database does not answer at the moment (another program may have locked "
                    "it): try again",
                ) from None

    def close(self) -> None:
        with self._lock:
            self._close()

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):  # it may be lost already
                connection.close()

    def _connect(self) -> Any:
        connection = self._engine.raw_connection()
        connection.detach()
        raw: Any = connection.dbapi_connection
        if self._engine.dialect.name == "postgresql":
            raw.autocommit = True  # else the first question's snapshot would last
        return raw

    def _ask(self, statement: str, parameters: tuple[object, ...]) -> list[tuple[Any, ...]]:
        cursor = self._connection.cursor()
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()  # an open result would keep its snapshot
        cursor.close()
        return rows


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """One transaction: committed when the block ends, rolled back when it raises."""
    # A `sessionmaker` would make a class of its own here, with its events: 0.1 ms each time, and
    # under load two thirds of the time that a page takes.
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session
    if _ERASES in session.info or engine in _UNCLEARED:
        clear_wal(engine)


_ERASES = "xihu_erases"
_UNCLEARED: "WeakSet[Engine]" = WeakSet()
"""Databases whose write-ahead log has what was erased, because somebody was reading."""


def erases(session: Session) -> None:
    """What the transaction deletes is to be readable nowhere once it is committed."""
    session.info[_ERASES] = True


def clear_wal(engine: Engine) -> bool:
    """Empties the write-ahead log of SQLite, which keeps pages as they were before a deletion.

    False where somebody reads at this moment: the next transaction tries again. PostgreSQL keeps
    its own log and dead rows by its own settings.
    """
    if engine.dialect.name != "sqlite":
        return True
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=0")
        try:
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={1000 * BUSY_S}")
    (_UNCLEARED.add if busy else _UNCLEARED.discard)(engine)
    return not busy
