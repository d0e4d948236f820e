"""Whether reading works: one real read every few seconds, off the path of any request."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Engine as Database
from sqlalchemy import text
from sqlglot import exp

from xihu_platform.clock import Clock
from xihu_platform.engines.protocol import Engine
from xihu_platform.lake.tables import Lake
from xihu_platform.sql import Relation, Statement, integer, named, render

log = logging.getLogger("xihu")
INTERVAL_S = 10.0
Read = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Reading:
    """Whether the last read came back in time, and when one last did."""

    state: Literal["ok", "starting", "failing"]
    last_good_at: datetime | None


class ReadProbe:
    """Reads on a thread of its own; `reading` never waits for it."""

    def __init__(self, read: Read, clock: Clock, interval_s: float = INTERVAL_S) -> None:
        self._read = read
        self._clock = clock
        self._interval_s = interval_s
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._failed = False
        self._good_at: datetime | None = None
        self._since = 0.0
        """When a read last came back, or the first was begun."""

    def reading(self) -> Reading:
        """The first who asks starts the probe."""
        self.start()
        with self._lock:
            late = time.monotonic() - self._since > 2 * self._interval_s
            if self._failed or late:
                return Reading("failing", self._good_at)
            return Reading("ok" if self._good_at else "starting", self._good_at)

    def start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._since = time.monotonic()
                # A read that hangs must not keep the process from ending.
                self._thread = threading.Thread(target=self._run, name="read-probe", daemon=True)
                self._thread.start()

    def close(self) -> None:
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._once()
            self._ended.wait(self._interval_s)

    def _once(self) -> None:
        try:
            self._read()
        except Exception as error:  # whatever it is: reading does not work
            log.warning("the probe cannot read: %s", type(error).__name__)
            with self._lock:
                self._failed = True
            return
        with self._lock:
            self._failed = False
            self._since = time.monotonic()
            self._good_at = self._clock()


def read_once(engine: Engine, lake: Lake, database: Database) -> None:
    """One row of one dataset, and the database: the way of every page. No value is kept."""
    with database.connect() as connection:
        connection.execute(text("SELECT 1"))
    names = lake.names("data")
    if names:
        relation = engine.relation(lake.snapshot(names[0]))
        engine.fetch(one_row(relation))


def one_row(relation: Relation) -> Statement:
    """Reads a row and no value of it."""
    tree = exp.Select(expressions=[named(integer(1), "n")]).from_(relation.table(), copy=False)
    return Statement(render(tree.limit(1, copy=False), relation.dialect))
