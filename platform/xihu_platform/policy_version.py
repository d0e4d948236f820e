"""The number of changes of what decisions rest on, and what may be kept under it.

Positions, mandates, grants, grounds, contracts in force and the end of sessions: each change raises
the number in its own transaction (`database.py`). Whatever is worked out from such rows is kept
under the number that was read before they were, never by time: once a change is acknowledged, no
process finds what it kept before.
"""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from cachetools import LRUCache
from sqlalchemy import BigInteger, Engine
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.database import Base, KeptConnection

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
_READ = "SELECT number FROM policy_version"


class PolicyVersionRow(Base):
    """One row."""

    __tablename__ = "policy_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)


class PolicyVersion:
    """Reads the number."""

    def __init__(self, database: Engine) -> None:
        self._connection = KeptConnection(database)
        self.is_local = database.dialect.name == "sqlite"
        """Whether reading waits for no other machine."""

    def read(self) -> int:
        """The number as the database has it at this moment."""
        ((number,),) = self._connection.ask(_READ)
        return int(number)

    def close(self) -> None:
        self._connection.close()


class UnderVersion(Generic[K, V]):
    """Values worked out from rows that decide, each under the number it was worked out at."""

    def __init__(self, version: PolicyVersion, limit: int) -> None:
        self._version = version
        self._lock = threading.Lock()
        self._kept: LRUCache[K, tuple[int, V]] = LRUCache(limit)

    def find(self, key: K, number: int) -> V | None:
        """What is kept under a number that was just read."""
        with self._lock:
            found = self._kept.get(key)
        return found[1] if found is not None and found[0] == number else None

    def get(self, key: K, make: Callable[[], V]) -> V:
        """What is kept and still true, else `make()`, whose errors are kept by nobody."""
        # Read first: the rows that `make` finds are at least as new as the number.
        number = self._version.read()
        with self._lock:
            found = self._kept.get(key)
        if found is not None and found[0] == number:
            return found[1]
        value = make()
        with self._lock:
            self._kept[key] = (number, value)
        return value
